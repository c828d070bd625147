package ferry;

import ferry.sandbox.Sandbox;
import ferry.sandbox.SandboxOptions;
import java.time.Clock;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `./ferry sandbox`: the simulated iCloud alone, for a service in another process.
@Command(
        name = "sandbox",
        mixinStandardHelpOptions = true,
        description = {
            "Runs the simulated iCloud of docs/sandbox.md alone, until it is stopped.",
            "Prints the settings that lead another Ferry to it."
        })
final class SandboxCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    @Option(names = "--port", paramLabel = "N", description = "the port, 0 for a free one (default: 8081)")
    private int port = 8081;

    @Override
    public Integer call() throws Exception {
        try (var sandbox = Sandbox.start("127.0.0.1", port, Clock.systemUTC(), SandboxOptions.DEFAULT)) {
            print(sandbox);
            new CountDownLatch(1).await();
            return 0;
        }
    }

    private void print(Sandbox sandbox) {
        var out = spec.commandLine().getOut();
        out.println("export FERRY_ICLOUD_AUTH_URL=" + sandbox.authUrl());
        out.println("export FERRY_ICLOUD_SETUP_URL=" + sandbox.setupUrl());
        out.println("export FERRY_ICLOUD_HOME_URL=" + sandbox.homeUrl());
        out.println("export FERRY_EGRESS_ALLOW=" + sandbox.homeUrl().getAuthority());
        out.flush();
    }
}
