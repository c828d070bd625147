package ferry;

import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `./ferry migrate`: what each start does too, for those who want it done apart.
@Command(
        name = "migrate",
        mixinStandardHelpOptions = true,
        description = "Brings the database to this version's schema. Every start does so too; it may be called again.")
final class Migrate implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "the data folder of the embedded database (default: ./data, or FERRY_DATA)")
    private @Nullable Path data;

    @Override
    public Integer call() throws Exception {
        OperatorDatabase.of(System.getenv(), Optional.ofNullable(data), Clock.systemUTC())
                .migrate();
        spec.commandLine().getOut().println("The database has the schema of Ferry " + Version.TEXT + ".");
        return 0;
    }
}
