package ferry.cli;

import ferry.crypto.Secret;
import ferry.http.Exchange;
import ferry.http.WebServer;
import ferry.webhook.Signatures;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Receives webhooks as a client's backend does: `POST /webhooks/<event id>`, JSON, both signatures.
///
/// @param secret asked for at each event; empty: nothing is verified
/// @param kinds what is handed on; the rest is answered 200 and forgotten
/// @param taker gets each event, and says with what status to answer
public record Receiver(Supplier<Optional<Secret>> secret, InstantSource clock, Kinds kinds, Taker taker)
        implements WebServer.Handler {
    /// Where it listens.
    public static final String PATH = "/webhooks";

    /// As ricloud-py has it.
    private static final Duration OLDEST = Duration.ofMinutes(10);

    private static final int LARGEST = 16 << 20;
    private static final List<String> SIGNATURES =
            List.of("Ricloud-Signature", "webhook-id", "webhook-timestamp", "webhook-signature");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// Gets what came.
    @FunctionalInterface
    public interface Taker {
        /// The status to answer with.
        int take(Received got) throws InterruptedException;
    }

    /// Which events are handed on.
    ///
    /// @param only patterns such as `poll.*`; empty: all
    public record Kinds(List<String> only, List<String> exclude) {
        /// All of them.
        public static final Kinds ALL = new Kinds(List.of(), List.of());

        static Kinds of(List<String> only, List<String> exclude) {
            return new Kinds(only, exclude);
        }

        boolean cover(String kind) {
            return (only.isEmpty() || matches(only, kind)) && !matches(exclude, kind);
        }

        private static boolean matches(List<String> patterns, String kind) {
            return patterns.stream()
                    .anyMatch(p -> kind.matches(p.strip().replace(".", "\\.").replace("*", ".*")));
        }
    }

    /// One event.
    ///
    /// @param verified whether both signatures were checked; false where no secret is known
    /// @param raw the body's bytes
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Received(String id, boolean verified, Map<String, String> signatures, byte[] raw, JsonNode body) {
        /// What happened, such as `poll.completed`.
        public String kind() {
            return body.at("/type").asString("") + "." + body.at("/action").asString("");
        }

        String pretty() {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(body);
        }

        @Override
        public String toString() {
            return kind() + " " + id + (verified ? ", both signatures verified" : ", not verified: no --secret");
        }
    }

    @Override
    public void handle(Exchange exchange) throws InterruptedException {
        try {
            exchange.respond(status(exchange), new byte[0]);
        } catch (IOException | JacksonException _) {
            exchange.respond(400, new byte[0]);
        }
    }

    private int status(Exchange exchange) throws IOException, InterruptedException {
        var id = id(exchange.path());
        if (!exchange.method().equals("POST") || id.isEmpty()) {
            return 404;
        }
        var raw = exchange.body().readNBytes(LARGEST);
        var signing = secret.get();
        if (signing.isPresent() && !genuine(exchange, id.get(), signing.get(), raw)) {
            return 400;
        }
        var signatures = new LinkedHashMap<String, String>();
        SIGNATURES.forEach(name -> exchange.header(name).ifPresent(value -> signatures.put(name, value)));
        var got = new Received(
                id.get(), signing.isPresent(), signatures, raw, JSON.readTree(new String(raw, StandardCharsets.UTF_8)));
        return kinds.cover(got.kind()) ? taker.take(got) : 200;
    }

    private boolean genuine(Exchange exchange, String id, Secret signing, byte[] raw) {
        var now = clock.instant();
        return Signatures.isRicloud(exchange.header("Ricloud-Signature").orElse(""), signing, raw, now, OLDEST)
                && exchange.header("webhook-id").filter(id::equals).isPresent()
                && Signatures.isStandard(
                        exchange.header("webhook-signature").orElse(""),
                        id,
                        exchange.header("webhook-timestamp").orElse(""),
                        signing,
                        raw,
                        now,
                        OLDEST);
    }

    private static Optional<String> id(String path) {
        var id = path.startsWith(PATH + "/") ? path.substring(PATH.length() + 1) : "";
        try {
            return Optional.of(UUID.fromString(id).toString()).filter(id::equalsIgnoreCase);
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
