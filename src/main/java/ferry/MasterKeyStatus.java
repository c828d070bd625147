package ferry;

import ferry.access.MasterKeys;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `./ferry master-key status`: which keys there are, what lies under them, who has them.
@Command(
        name = "status",
        mixinStandardHelpOptions = true,
        description = {
            "Shows the ids of the keys in the key set, oldest first: which one is sealed under, how many organisations'",
            "keys lie under each, and how many running nodes hold it. No secrets."
        })
final class MasterKeyStatus implements Callable<Integer> {
    private final Map<String, String> env;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description = "the data folder of the embedded database (default: ./data, or FERRY_DATA);"
                    + " with FERRY_DATABASE_URL that database is meant")
    private @Nullable Path data;

    /// @param env the environment
    MasterKeyStatus(Map<String, String> env) {
        this.env = env;
    }

    @Override
    public Integer call() throws IOException {
        var clock = Clock.systemUTC();
        var database = OperatorDatabase.of(env, Optional.ofNullable(data), clock);
        var keys = new MasterKeys(clock);
        try (var desk = database.open()) {
            var held = database.masterKey();
            var uses = desk.db().system(keys::uses);
            var nodes = desk.db().system(keys::holders);
            var out = spec.commandLine().getOut();
            out.printf("%-9s %-8s %14s %6s%n", "key", "is", "organisations", "nodes");
            for (var id : held.ids()) {
                out.printf(
                        "%-9s %-8s %14d %6d%n",
                        id,
                        id.equals(held.primary())
                                ? "primary"
                                : held.waiting().filter(id::equals).isPresent() ? "waiting" : "old",
                        uses.getOrDefault(id, 0L),
                        nodes.stream().filter(node -> node.keys().contains(id)).count());
            }
            out.println(nodes.size() + " running nodes.");
        }
        return 0;
    }
}
