package ferry.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Which database a command works on, as every operator's command takes it.
final class DeskOption {
    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "the data folder of the embedded database (default: ./data, or FERRY_DATA);"
                    + " with FERRY_DATABASE_URL that database is meant")
    private @Nullable Path data;

    Desk open(Desk.Opener opener) throws IOException {
        return opener.open(Optional.ofNullable(data));
    }
}
