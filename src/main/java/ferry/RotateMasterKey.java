package ferry;

import ferry.access.MasterKeys;
import ferry.cli.CommandFailed;
import ferry.crypto.MasterKey;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `./ferry master-key rotate`: a new master key while the service runs. A key in a file is exchanged in one go; one in
/// the environment step by step, since only the operator reaches all nodes.
@Command(
        name = "rotate",
        mixinStandardHelpOptions = true,
        description = {
            "Exchanges the master key while the service runs; the old key opens what it sealed until it is retired.",
            "A key in DIR/master.key is exchanged at once. One in FERRY_MASTER_KEY takes three steps; each prints the",
            "key set for the next one on standard output:",
            "  rotate               a key set with a new key that waits: give it to every node, restart them in turn",
            "  rotate --promote     seals everything under the new key: give the printed set to every node likewise",
            "  rotate --retire OLD  drops the old key, once no node seals under it",
            "Each may be called again, and refuses while a running node is not there yet."
        },
        footer = {"", "Example:", "  ./ferry master-key rotate --data /srv/ferry"})
final class RotateMasterKey implements Callable<Integer> {
    /// Longer than a node that was killed counts as running.
    private static final Duration PATIENCE = Duration.ofSeconds(45);

    private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

    private final Map<String, String> env;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    @ArgGroup
    private @Nullable Step step;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "the data folder of the embedded database (default: ./data, or FERRY_DATA);"
                    + " with FERRY_DATABASE_URL that database is meant")
    private @Nullable Path data;

    /// Which step; none for the first.
    static final class Step {
        @Option(names = "--promote", description = "the second step: seal under the key that waits")
        private boolean promote;

        @Option(names = "--retire", paramLabel = "OLD", description = "drop a key, by its id as `status` shows it")
        private @Nullable String retire;
    }

    /// @param env the environment
    RotateMasterKey(Map<String, String> env) {
        this.env = env;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        var clock = Clock.systemUTC();
        var database = OperatorDatabase.of(env, Optional.ofNullable(data), clock);
        try (var desk = database.open()) {
            var rotation = new MasterKeyRotation(desk.db(), new MasterKeys(clock), desk.audit());
            var folder = database.masterKeyFolder();
            if (folder.isPresent()) {
                inFile(rotation, folder.get());
            } else {
                inEnvironment(rotation, database.masterKey());
            }
        }
        return 0;
    }

    private void inFile(MasterKeyRotation rotation, Path folder) throws IOException, InterruptedException {
        try (var file = FileChannel.open(
                        folder.resolve("rotation.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var lock = file.tryLock()) {
            if (lock == null) {
                throw new CommandFailed("Another rotation is at work on " + folder + ".");
            }
            var held = MasterKeyFile.read(folder).orElseThrow();
            if (step != null && step.retire != null) {
                var rest = rotation.retire(held, step.retire);
                MasterKeyFile.replace(folder, held, rest);
                err().println("Master key " + step.retire + " is retired. Backups that are older than the rotation want"
                        + " the key set of their time.");
                return;
            }
            if (step != null && step.promote && held.waiting().isEmpty()) {
                throw new CommandFailed("No key waits to be promoted; `rotate` alone does all of it with a file.");
            }
            exchange(rotation, folder, held);
        }
    }

    /// A crash on the way leaves a file that opens everything, with a key that waits: called again, it goes on there.
    private void exchange(MasterKeyRotation rotation, Path folder, MasterKey held) throws InterruptedException {
        var staged = MasterKeyRotation.staged(held);
        var fresh = staged.waiting().orElseThrow();
        if (held.waiting().isEmpty()) {
            var kept = MasterKeyFile.replace(folder, held, staged);
            err().println("The old key set is kept in " + folder.resolve(kept) + ".");
        }
        await(() -> rotation.lacking(fresh).isEmpty());
        var promoted = rotation.promote(staged);
        MasterKeyFile.replace(folder, staged, promoted);
        await(() -> rotation.writers(held.primary()).isEmpty());
        err().println("Sealed under master key " + fresh + " from now on. Copy " + folder.resolve(MasterKeyFile.NAME)
                + " to where its copy is kept. Master key " + held.primary() + " stays readable until: rotate --retire "
                + held.primary());
    }

    private static void await(BooleanSupplier everywhere) throws InterruptedException {
        for (long until = System.nanoTime() + PATIENCE.toNanos();
                !everywhere.getAsBoolean();
                Thread.sleep(LOOK_AGAIN)) {
            if (System.nanoTime() > until) {
                throw new CommandFailed("The running service has not taken the new key over after "
                        + PATIENCE.toSeconds() + " s; see its log, and call this again: it goes on where it stopped.");
            }
        }
    }

    private void inEnvironment(MasterKeyRotation rotation, MasterKey held) {
        if (step == null) {
            var waited = held.waiting().isPresent();
            var staged = MasterKeyRotation.staged(held);
            print(staged);
            err().println((waited ? "This key set is in use already, and its key " : "In this key set a new key ")
                    + staged.waiting().orElseThrow()
                    + " waits. Put the set into FERRY_MASTER_KEY of every node and restart them in turn;"
                    + " then call with it: ./ferry master-key rotate --promote");
        } else if (!step.promote && step.retire != null) {
            print(rotation.retire(held, step.retire));
            err().println("Put this key set, without " + step.retire + ", into FERRY_MASTER_KEY of every node, in any"
                    + " order. Backups that are older than the rotation want the key set of their time.");
        } else {
            var promoted = rotation.promote(held);
            print(promoted);
            err().println("Sealed under master key " + promoted.primary()
                    + ". Put this key set into FERRY_MASTER_KEY of"
                    + " every node and restart them in turn; then call with it: ./ferry master-key rotate --retire "
                    + held.primary());
        }
    }

    private void print(MasterKey set) {
        spec.commandLine().getOut().println(set.text().reveal());
    }

    private PrintWriter err() {
        return spec.commandLine().getErr();
    }
}
