package ferry;

import ferry.settings.Env;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `./ferry serve`: API and workers, until it is stopped.
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description = {
            "Runs the service: the API, and the workers that fetch and publish.",
            "The first start on an empty folder makes everything and prints a token once."
        })
final class Serve implements Callable<Integer> {
    @Option(names = "--data", paramLabel = "DIR", description = "the data folder (default: ./data, or FERRY_DATA)")
    private @Nullable Path data;

    @Option(
            names = "--port",
            paramLabel = "N",
            description = "the port, 0 for a free one (default: 8080, or FERRY_PORT)")
    private @Nullable Integer port;

    @Option(names = "--host", paramLabel = "H", description = "the address (default: 127.0.0.1, or FERRY_HOST)")
    private @Nullable String host;

    @Option(names = "--workers", paramLabel = "N", description = "tasks run at once, 0 for none (default: 16)")
    private @Nullable Integer workers;

    @Option(names = "--sandbox", description = "read the simulated iCloud of docs/sandbox.md instead of Apple's")
    private boolean sandbox;

    @Option(names = "--sandbox-public", description = "allow --sandbox with an external database or an open host")
    private boolean sandboxPublic;

    @Override
    public Integer call() throws Exception {
        var options = new ServiceSettings.Options(
                Optional.ofNullable(data),
                Optional.ofNullable(host),
                Optional.ofNullable(port),
                Optional.ofNullable(workers),
                sandbox,
                sandboxPublic);
        var settings = ServiceSettings.read(new Env(System.getenv()), options);
        long start = System.nanoTime();
        var service = Service.start(settings, Clock.systemUTC());
        var stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
            service.close();
            stopped.countDown();
        }));
        service.firstToken().ifPresent(token -> {
            System.out.println(
                    "Your token, shown once (it is also in " + settings.data().resolve("token") + "):");
            System.out.println("  " + token.reveal());
        });
        service.sandbox().ifPresent(sandbox -> {
            System.out.println(
                    "Sandbox: john.appleseed@sandbox.example, password `password`, code 123456 (docs/sandbox.md).");
            System.out.println("  for your tests: " + sandbox.controlUrl());
        });
        System.out.printf(
                "Ferry %s answers at %s after %.1f s. Stop with Ctrl-C.%n",
                Version.TEXT, service.url(), (System.nanoTime() - start) / 1e9);
        stopped.await();
        return 0;
    }
}
