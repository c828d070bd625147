package ferry;

import ferry.cli.Bar;
import ferry.db.Backup;
import ferry.db.BackupHeader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `./ferry backup`: the whole database in one file, beside a running service.
@Command(
        name = "backup",
        mixinStandardHelpOptions = true,
        description = {
            "Writes the whole database, embedded or external, to one file: all rows of one moment, while it runs.",
            "The file holds personal data. It does not hold the master key, without which it is useless, nor what",
            "lies in local buckets (docs/operations.md)."
        },
        footer = {
            "",
            "Examples:",
            "  ./ferry backup                                    to ./ferry-<date>.backup",
            "  ./ferry backup /backups/monday --data /srv/ferry"
        })
final class BackupCommand implements Callable<Integer> {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Map<String, String> env;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "FILE",
            description = "a file that is not there yet (default: ./ferry-<date>.backup)")
    private @Nullable Path file;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "the data folder of the embedded database (default: ./data, or FERRY_DATA);"
                    + " with FERRY_DATABASE_URL that database is meant")
    private @Nullable Path data;

    /// @param env the environment
    BackupCommand(Map<String, String> env) {
        this.env = env;
    }

    @Override
    public Integer call() throws IOException {
        var now = Clock.systemUTC().instant();
        var target = target(now);
        var database = OperatorDatabase.of(env, Optional.ofNullable(data), Clock.systemUTC());
        BackupHeader header;
        try (var owner = database.owner();
                var bar = new Bar("backup", Bar.isTerminal())) {
            header = Backup.write(
                    owner.login(),
                    target,
                    Version.TEXT,
                    now.truncatedTo(ChronoUnit.SECONDS),
                    (_, done, total) -> bar.at(done, total));
        }
        spec.commandLine()
                .getOut()
                .printf(
                        Locale.ROOT,
                        "%s: %d rows of %d tables, schema %s, %.1f MiB.%n",
                        target,
                        header.rows(),
                        header.tables().size(),
                        header.schema(),
                        Files.size(target) / (1024.0 * 1024.0));
        spec.commandLine()
                .getErr()
                .println("The master key is not in it, and without that key it is useless: keep a copy of "
                        + database.masterKeyName() + ", in another place. Local buckets are files of their own.");
        return 0;
    }

    private Path target(Instant now) {
        return (file == null ? Path.of("ferry-" + STAMP.format(now) + ".backup") : file)
                .toAbsolutePath()
                .normalize();
    }
}
