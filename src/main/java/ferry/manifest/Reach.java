package ferry.manifest;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// Which files a manifest may name.
///
/// @param folder a real path, that keys are relative to
/// @param up how many folders above it belong to the bucket
/// @param bounds what that is, for people
record Reach(Path folder, int up, String bounds) {
    /// The folder that somebody gave, and nothing outside it.
    static Reach given(Path folder) {
        return new Reach(folder, 0, "the given folder");
    }

    /// The folder of a manifest that nobody vouches for, and nothing outside it.
    static Reach own(Path folder) {
        return new Reach(folder, 0, "its folder, which is followed only with a key");
    }

    /// The folder of a manifest and as many above it as are named as in the manifest's own key, so that the bucket is
    /// never left.
    static Reach bucket(Path folder, String keyOfManifest) {
        var named = List.of(keyOfManifest.split("/", -1));
        int same = 0;
        while (same < named.size() - 1
                && same < folder.getNameCount()
                && folder.getName(folder.getNameCount() - 1 - same)
                        .toString()
                        .equals(named.get(named.size() - 2 - same))) {
            same++;
        }
        return new Reach(folder, same, "its bucket");
    }

    /// Where a key leads; empty where it would leave what may be looked at.
    Optional<Path> path(String key) {
        int above = 0;
        boolean down = false;
        for (var segment : List.of(key.split("/", -1))) {
            if (segment.equals("..") && !down) {
                above++;
            } else if (segment.isEmpty() || segment.equals(".") || segment.equals("..") || segment.indexOf('\0') >= 0) {
                return Optional.empty();
            } else {
                down = true;
            }
        }
        try {
            return down && above <= up ? Optional.of(folder.resolve(key).normalize()) : Optional.empty();
        } catch (InvalidPathException _) {
            return Optional.empty();
        }
    }
}
