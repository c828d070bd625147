package ferry.crash;

import ferry.manifest.PublicKeys;
import ferry.manifest.Verification;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// What `./ferry verify` finds.
final class Verified {
    private Verified() {}

    /// What is wrong with a local bucket by a poll's manifest; empty where nothing is.
    ///
    /// @param url the manifest's
    /// @param organisation as the API shows it, with its keys
    static List<String> problems(String url, String organisation) throws IOException {
        var problems = new ArrayList<String>();
        var watcher = new Verification.Watcher() {
            @Override
            public void problem(String line) {
                problems.add(line);
            }

            @Override
            public void progress(long done, long total) {
                // nobody looks
            }
        };
        var keys = PublicKeys.of(organisation);
        if (keys.isEmpty()) {
            return List.of("The organisation has no key.");
        }
        new Verification(Path.of(URI.create(url).getPath()), Optional.empty(), keys, Optional.empty(), watcher).run();
        return problems;
    }
}
