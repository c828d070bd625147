package ferry.sandbox;

import ferry.sandbox.defects.DefectSpec;
import java.util.Set;

/// Describes a photo library; the same description always grows into the same library.
///
/// @param seed where its randomness starts
/// @param photos how many items it holds
/// @param quirks what is out of the ordinary in it
/// @param defects what goes wrong when it is read; in the drive of the same account, too
public record LibrarySpec(long seed, int photos, Set<LibraryQuirk> quirks, DefectSpec defects) {
    public LibrarySpec {
        quirks = Set.copyOf(quirks);
    }

    public LibrarySpec(long seed, int photos, Set<LibraryQuirk> quirks) {
        this(seed, photos, quirks, DefectSpec.NONE);
    }

    public LibrarySpec(long seed, int photos) {
        this(seed, photos, Set.of());
    }
}
