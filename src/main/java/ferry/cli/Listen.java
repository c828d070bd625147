package ferry.cli;

import ferry.crypto.Secret;
import ferry.http.WebServer;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `./ferry listen`: a receiver of webhooks on this machine, for looking at what comes.
@Command(
        name = "listen",
        mixinStandardHelpOptions = true,
        description = {
            "Receives webhooks, verifies both signatures, and prints what came.",
            "Answers 200 to what is genuine, 400 to what is not."
        },
        footer = {
            "",
            "Examples:",
            "  ./ferry listen                                    then: POST /configs/webhook {\"url\": "
                    + "\"http://127.0.0.1:5000/webhooks\"}",
            "  ./ferry listen --secret whsec_…                   with the secret that the answer showed",
            "  ./ferry listen --only 'poll.*' --forward-to http://127.0.0.1:3000/hooks"
        })
public final class Listen implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    @Option(names = "--port", paramLabel = "N", description = "the port, 0 for a free one (default: 5000)")
    private int port = 5000;

    @Option(
            names = "--secret",
            paramLabel = "S",
            description = "the config's secret; without one nothing is verified, and the output says so")
    private Optional<String> secret = Optional.empty();

    @Option(
            names = "--forward-to",
            paramLabel = "URL",
            description = "post each event there too, at URL/<event id>, with its headers; its status is answered")
    private Optional<URI> forwardTo = Optional.empty();

    @Option(
            names = "--only",
            paramLabel = "P",
            split = ",",
            description = "print and forward only these, such as poll.*")
    private List<String> only = List.of();

    @Option(names = "--exclude", paramLabel = "P", split = ",", description = "leave these out")
    private List<String> exclude = List.of();

    @Override
    public Integer call() throws Exception {
        var out = spec.commandLine().getOut();
        var receiver = new Receiver(
                () -> secret.map(Secret::new),
                Clock.systemUTC(),
                Receiver.Kinds.of(only, exclude),
                got -> taken(got, out));
        try (var server = WebServer.start("127.0.0.1", port, receiver)) {
            out.println("Listening on " + server.url() + Receiver.PATH + (secret.isPresent() ? "" : ", unverified"));
            out.flush();
            new CountDownLatch(1).await();
            return 0;
        }
    }

    private int taken(Receiver.Received got, PrintWriter out) throws InterruptedException {
        out.println(got);
        out.println(got.pretty().indent(2).stripTrailing());
        int status = 200;
        if (forwardTo.isPresent()) {
            status = forward(got, forwardTo.get());
            out.println("  forwarded: " + status);
        }
        out.flush();
        return status;
    }

    private static int forward(Receiver.Received got, URI where) throws InterruptedException {
        var base = where.toString();
        var request = HttpRequest.newBuilder(URI.create(base + (base.endsWith("/") ? "" : "/") + got.id()))
                .timeout(PATIENCE)
                .header("Content-Type", "application/json");
        got.signatures().forEach(request::header);
        try (var http = HttpClient.newBuilder().connectTimeout(PATIENCE).build()) {
            return http.send(request.POST(BodyPublishers.ofByteArray(got.raw())).build(), BodyHandlers.discarding())
                    .statusCode();
        } catch (java.io.IOException _) {
            return 502;
        }
    }
}
