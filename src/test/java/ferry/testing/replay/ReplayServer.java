package ferry.testing.replay;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.http.Exchange;
import ferry.http.WebServer;
import java.io.IOException;
import java.net.BindException;
import java.net.URI;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// Apple's servers as they were recorded: `<url>/__h/<original host>/<path>` answers what that host answered there.
///
/// An answer is found by [Question] and repeats. What was not recorded gets one of the [NeutralAnswers] or fails:
/// every test ends with [#assertEverythingWasRecorded]. The proof of a sign-in can't be replayed, since the client's
/// half of it is random; any that is well-formed is accepted.
public final class ReplayServer implements AutoCloseable {
    private static final String PREFIX = "/__h/";

    private final WebServer server;
    private final Rewriting rewriting;
    private final Queue<String> unrecorded = new ConcurrentLinkedQueue<>();
    private final Queue<Question> asked = new ConcurrentLinkedQueue<>();
    private volatile Script script;

    private ReplayServer(InstantSource clock) throws BindException {
        server = WebServer.start("127.0.0.1", 0, this::handle);
        rewriting = new Rewriting(server.url() + PREFIX, clock);
        script = Script.of(List.of(), rewriting);
    }

    /// Starts and serves these recordings, see [#play].
    public static ReplayServer of(InstantSource clock, String... recordings) throws BindException {
        var server = new ReplayServer(clock);
        try {
            server.play(recordings);
            return server;
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /// From now on serves these recordings together and no others, such as a sign-in and a listing; where two answer
    /// the same question, the first does. Forgets what was asked until now, but not what failed.
    public void play(String... recordings) {
        script = Script.of(
                Stream.of(recordings).map(Traffic::load).flatMap(List::stream).toList(), rewriting);
        asked.clear();
    }

    /// The base of the sign-in host, for `FERRY_ICLOUD_AUTH_URL`.
    public URI auth() {
        return base("idmsa.apple.com/appleauth/auth");
    }

    /// The base of the setup host, for `FERRY_ICLOUD_SETUP_URL`.
    public URI setup() {
        return base("setup.icloud.com/setup/ws/1");
    }

    /// The base of the home page, for `FERRY_ICLOUD_HOME_URL`.
    public URI home() {
        return base("www.icloud.com");
    }

    /// How often a path with this end was asked for.
    public long asked(String method, String end) {
        return asked.stream()
                .filter(question -> question.method().equals(method) && question.isPath(end))
                .count();
    }

    /// Fails where anything was asked that neither a recording nor the list of [NeutralAnswers] answers.
    public void assertEverythingWasRecorded() {
        assertThat(List.copyOf(unrecorded))
                .as("requests that no recording answers")
                .isEmpty();
    }

    @Override
    public void close() {
        server.close();
    }

    private URI base(String path) {
        return URI.create(server.url() + PREFIX + path);
    }

    private void handle(Exchange exchange) throws IOException {
        var path = exchange.path();
        var body = Question.parse(exchange.body().readAllBytes());
        var answer = path.startsWith(PREFIX)
                ? answer(question(exchange.method(), path.substring(PREFIX.length()), body), body)
                : Optional.<Answer>empty();
        if (answer.isEmpty()) {
            unrecorded.add(exchange.method() + " " + path);
        }
        send(exchange, answer.orElseGet(() -> Answer.empty(404)));
    }

    private static Question question(String method, String hostAndPath, JsonNode body) {
        var slash = hostAndPath.indexOf('/');
        var host = slash < 0 ? hostAndPath : hostAndPath.substring(0, slash);
        return Question.of(method, host, slash < 0 ? "/" : hostAndPath.substring(slash), body);
    }

    private Optional<Answer> answer(Question question, JsonNode body) {
        asked.add(question);
        if (!isWellFormed(question, body)) {
            return Optional.empty();
        }
        return script.answer(question, body);
    }

    /// Whether the numbers of a sign-in have the sizes they must have (icloud-protocol 1.5).
    private static boolean isWellFormed(Question question, JsonNode body) {
        if (question.isPath("/signin/init")) {
            return length(body, "a") == 256;
        }
        if (question.isPath("/signin/complete")) {
            return length(body, "m1") == 32
                    && length(body, "m2") == 32
                    && !body.path("c").asString("").isEmpty();
        }
        return true;
    }

    private static int length(JsonNode body, String field) {
        try {
            return Base64.getDecoder().decode(body.path(field).asString("")).length;
        } catch (IllegalArgumentException _) {
            return -1;
        }
    }

    private static void send(Exchange exchange, Answer answer) {
        answer.headers().forEach((name, values) -> values.forEach(value -> exchange.add(name, value)));
        exchange.respond(answer.status(), answer.body());
    }
}
