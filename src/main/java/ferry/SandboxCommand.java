package ferry;

import ferry.sandbox.Sandbox;
import ferry.sandbox.SandboxOptions;
import ferry.sandbox.defects.DefectSpec;
import ferry.sandbox.s3.S3Server;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// `./ferry sandbox`: the simulated iCloud alone, for a service in another process.
@Command(
        name = "sandbox",
        mixinStandardHelpOptions = true,
        description = {
            "Runs the simulated iCloud of docs/sandbox.md alone, until it is stopped.",
            "Prints the settings that lead another Ferry to it, and the address at which",
            "your tests make accounts and faults, move time, and read what was asked of it."
        })
final class SandboxCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    @Option(names = "--port", paramLabel = "N", description = "the port, 0 for a free one (default: 8081)")
    private int port = 8081;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "where everything random in its answers starts (default: 1)")
    private long seed = SandboxOptions.DEFAULT.seed();

    @Option(names = "--latency", paramLabel = "MILLISECONDS", description = "how long each answer waits (default: 0)")
    private int latency;

    @Option(
            names = "--sign-ins-per-hour",
            paramLabel = "N",
            description = "sign-ins of one account until it is throttled; 10 is as strict as iCloud (default: 1000)")
    private int signInsPerHour = SandboxOptions.DEFAULT.signInsPerHour();

    @Option(
            names = "--wrong-passwords",
            paramLabel = "N",
            description = "wrong passwords in a row that lock an account (default: 5)")
    private int wrongPasswords = SandboxOptions.DEFAULT.wrongPasswords();

    @Option(
            names = "--s3-port",
            paramLabel = "N",
            description = "also run a simulated S3 on this port, 0 for a free one (default: none)")
    private @Nullable Integer s3Port;

    @Option(
            names = "--defects",
            paramLabel = "SHARE",
            description = "the share of what is read from photo libraries that goes wrong in each of twelve ways, such"
                    + " as 0.01 (default: 0)")
    private double defects;

    @Override
    public Integer call() throws Exception {
        try (var sandbox = Sandbox.start("127.0.0.1", port, Clock.systemUTC(), options())) {
            if (s3Port == null) {
                print(sandbox, Optional.empty());
                new CountDownLatch(1).await();
            } else {
                // removed when the process is asked to stop, which is how this ends
                var folder = Files.createTempDirectory("ferry-s3");
                Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> remove(folder)));
                try (var s3 = S3Server.start("127.0.0.1", s3Port, folder, Clock.systemUTC())) {
                    print(sandbox, Optional.of(s3));
                    new CountDownLatch(1).await();
                }
            }
            return 0;
        }
    }

    private SandboxOptions options() {
        if (latency < 0 || signInsPerHour < 1 || wrongPasswords < 1 || !(defects >= 0 && defects <= 1)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--latency is 0 or more milliseconds, --sign-ins-per-hour and --wrong-passwords are at least 1,"
                            + " --defects is a share from 0 to 1.");
        }
        return SandboxOptions.DEFAULT
                .withSeed(seed)
                .withLatency(Duration.ofMillis(latency))
                .withSignInsPerHour(signInsPerHour)
                .withWrongPasswords(wrongPasswords)
                .withDefects(defects > 0 ? DefectSpec.all(seed, defects) : DefectSpec.NONE);
    }

    private void print(Sandbox sandbox, Optional<S3Server> s3) {
        var out = spec.commandLine().getOut();
        out.println("export FERRY_ICLOUD_AUTH_URL=" + sandbox.authUrl());
        out.println("export FERRY_ICLOUD_SETUP_URL=" + sandbox.setupUrl());
        out.println("export FERRY_ICLOUD_HOME_URL=" + sandbox.homeUrl());
        out.println("export FERRY_ICLOUD_CHINA_AUTH_URL=" + sandbox.chinaAuthUrl());
        out.println("export FERRY_ICLOUD_CHINA_SETUP_URL=" + sandbox.chinaSetupUrl());
        out.println("export FERRY_ICLOUD_CHINA_HOME_URL=" + sandbox.chinaHomeUrl());
        out.println("export FERRY_EGRESS_ALLOW=" + sandbox.homeUrl().getAuthority()
                + s3.map(it -> "," + it.url().getAuthority()).orElse(""));
        out.println("# for your tests: " + sandbox.controlUrl());
        s3.ifPresent(it -> {
            out.println("# a storage config's url: s3://" + S3Server.BUCKET + "/results");
            out.println("# its endpoint: " + it.url());
            out.println("# its credentials: access_key_id " + S3Server.ACCESS_KEY_ID + ", secret_access_key "
                    + S3Server.SECRET_ACCESS_KEY);
        });
        out.flush();
    }

    private static void remove(Path folder) {
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
