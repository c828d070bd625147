package ferry;

import ferry.cli.Inbox;
import ferry.cli.Journey;
import ferry.settings.Env;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `./ferry demo`: a server of its own on a free port, the sandbox behind it, and the getting-started page from its
/// first call to the published files. No `FERRY_…` variable changes it: what it shows is what everybody sees.
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        description = {
            "Walks the whole getting-started page against a server of its own, with a simulated iCloud.",
            "Exit code 0 only if every step worked. What was published stays in DIR/buckets until the next demo."
        },
        footer = {
            "",
            "Examples:",
            "  ./ferry demo                 in ./ferry-demo",
            "  ./ferry demo --keep          then go on: ./ferry serve --sandbox --data ./ferry-demo",
            "  ./ferry demo --storage s3    publishes to a simulated S3, and downloads by signed address",
            "  ./ferry demo --verbose       with every answer of the API"
        })
final class Demo implements Callable<Integer> {
    private static final Journey.Person JOHN =
            new Journey.Person("john", "john.appleseed@sandbox.example", "password", "123456");
    private static final int PHOTOS = 5;

    /// As the option spells them.
    enum Storage {
        local,
        s3
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    @Option(names = "--data", paramLabel = "DIR", description = "the data folder (default: ./ferry-demo)")
    private Path data = Path.of("ferry-demo");

    @Option(names = "--keep", description = "keep the whole data folder for `serve`, token and database included")
    private boolean keep;

    @Option(
            names = "--storage",
            paramLabel = "KIND",
            description = "where to publish: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE})")
    private Storage storage = Storage.local;

    @Option(names = "--verbose", description = "print the body of every answer")
    private boolean verbose;

    @Override
    public Integer call() throws Exception {
        long start = System.nanoTime();
        var out = spec.commandLine().getOut();
        var folder = DemoFolder.fresh(data);
        out.println("Starting Ferry with a simulated iCloud on an embedded database …");
        out.flush();
        var service = Service.start(settings(folder), Clock.systemUTC());
        // Ctrl-C on the way must not leave a database server behind.
        var stop = Thread.ofPlatform().unstarted(() -> stop(service, folder));
        Runtime.getRuntime().addShutdownHook(stop);
        try {
            try (var inbox = Inbox.start(Clock.systemUTC());
                    var bucket = bucket(folder)) {
                walk(service, bucket, inbox, out);
            }
        } finally {
            if (unhooked(stop)) {
                stop(service, folder);
            }
        }
        out.println();
        out.printf("Every step worked, in %.1f s. ", (System.nanoTime() - start) / 1e9);
        out.println(
                keep
                        ? "Go on with: ./ferry serve --sandbox --data " + data
                        : "The files stay in " + folder.buckets() + " until the next demo.");
        out.flush();
        return 0;
    }

    private DemoBucket bucket(DemoFolder folder) throws IOException {
        return switch (storage) {
            case local -> new DemoBucket.Local();
            case s3 -> DemoBucket.S3.start(folder);
        };
    }

    private void walk(Service service, DemoBucket bucket, Inbox inbox, PrintWriter out) throws InterruptedException {
        out.printf("Ferry %s answers at %s.%n%n", Version.TEXT, service.url());
        Journey.walk(
                service.url(),
                service.firstToken().orElseThrow(),
                JOHN,
                new Journey.Options(bucket.config(), bucket.landing(), PHOTOS, verbose),
                inbox,
                out);
    }

    private static ServiceSettings settings(DemoFolder folder) {
        return ServiceSettings.read(
                new Env(Map.of()),
                new ServiceSettings.Options(
                        Optional.of(folder.path()), Optional.empty(), Optional.of(0), Optional.empty(), true, false));
    }

    private void stop(Service service, DemoFolder folder) {
        service.close();
        try {
            if (keep) {
                folder.keep();
            } else {
                folder.sweep();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// False where the process is ending already, and the hook is at work.
    private static boolean unhooked(Thread hook) {
        try {
            return Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            return false;
        }
    }
}
