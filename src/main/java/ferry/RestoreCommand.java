package ferry;

import ferry.access.MasterKeys;
import ferry.cli.Bar;
import ferry.cli.CommandFailed;
import ferry.db.Restore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `./ferry restore`: a backup into an empty database.
@Command(
        name = "restore",
        mixinStandardHelpOptions = true,
        description = {
            "Puts what `./ferry backup` wrote into an empty database, embedded or external: all of it or nothing.",
            "It wants the master key of that backup: in DIR/master.key, or in FERRY_MASTER_KEY.",
            "The service that the backup was made of must have stopped for good."
        },
        footer = {
            "",
            "Example, into a new data folder:",
            "  mkdir -m 700 /srv/new && cp -p master.key /srv/new/",
            "  ./ferry restore ferry-20261123T020000Z.backup --data /srv/new"
        })
final class RestoreCommand implements Callable<Integer> {
    private final Map<String, String> env;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "FILE", description = "what `./ferry backup` wrote")
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private Path file;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "a data folder without a database (default: ./data, or FERRY_DATA);"
                    + " with FERRY_DATABASE_URL that database is meant")
    private @Nullable Path data;

    /// @param env the environment
    RestoreCommand(Map<String, String> env) {
        this.env = env;
    }

    @Override
    public Integer call() throws IOException {
        var database = OperatorDatabase.of(env, Optional.ofNullable(data), Clock.systemUTC());
        try (var bar = new Bar("restore", Bar.isTerminal())) {
            var restore = Restore.of(file, (_, done, total) -> bar.at(done, total));
            try (var owner = database.empty()) {
                restore.into(
                        owner.login(),
                        owner.roles(),
                        RestoreCommand::requireNoOrganisation,
                        tx -> MasterKeys.requireOpens(tx, owner.master(), database.masterKeyName()));
            }
            spec.commandLine()
                    .getOut()
                    .printf(
                            "Restored %d rows of %d tables, as they were at %s; the database has the schema of Ferry %s.%n",
                            restore.header().rows(),
                            restore.header().tables().size(),
                            restore.header().dateCreated(),
                            Version.TEXT);
        }
        return 0;
    }

    private static void requireNoOrganisation(Handle tx) {
        var made = tx.createQuery("select to_regclass('organisation') is not null")
                .mapTo(Boolean.class)
                .one();
        if (made
                && tx.createQuery("select exists (select from organisation)")
                        .mapTo(Boolean.class)
                        .one()) {
            throw new CommandFailed("The database holds organisations, and a backup goes into an empty one only;"
                    + " name a new data folder with --data, or an empty database in FERRY_DATABASE_URL.");
        }
    }
}
