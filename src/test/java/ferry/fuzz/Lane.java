package ferry.fuzz;

import ferry.testing.Contract;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// One client of one organisation: a chain of calls from one seed, each judged. Its draws depend on the seed and on
/// what its own answers showed. Used by one thread.
final class Lane {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final int REMEMBERED = 30;
    private static final int REPEATABLE = 5;
    private static final int CALLS_PER_KEY = 500;

    private final String name;
    private final String url;
    private final Party party;
    private final Witness witness;
    private final Coverage coverage;
    private final Supplier<String> newToken;
    private final BooleanSupplier another;
    private final SplittableRandom random;
    private final Pool pool;
    private final CallMaker calls;
    private final Deque<String> last = new ArrayDeque<>();
    private final Deque<Call> creates = new ArrayDeque<>();
    private int made;

    /// @param another whether one more call is to be made; counts it
    Lane(
            String name,
            long seed,
            String url,
            Party party,
            Party other,
            Witness witness,
            Coverage coverage,
            Supplier<String> newToken,
            BooleanSupplier another) {
        this.name = name;
        this.url = url;
        this.party = party;
        this.witness = witness;
        this.coverage = coverage;
        this.newToken = newToken;
        this.another = another;
        this.random = new SplittableRandom(seed);
        this.pool = new Pool(party);
        this.calls = new CallMaker(Contract.get(), random, party, other, pool, newToken.get());
    }

    /// Calls until it is enough.
    ///
    /// @throws AssertionError at the first answer that is wrong, with the calls that led to it
    void run() throws IOException, InterruptedException {
        while (another.getAsBoolean()) {
            if (made % 150 == 0) {
                story();
            }
            judge(next());
        }
    }

    /// Erases all users of the organisation.
    void tidy() throws IOException, InterruptedException {
        calls.token(newToken.get());
        for (var users = users(); !users.isEmpty(); users = users()) {
            for (var user : users) {
                judge(calls.of("DELETE", "/users/" + user.path("id").asString(), null));
            }
        }
    }

    private JsonNode users() throws IOException, InterruptedException {
        return judge(calls.of("GET", "/users?limit=1000", null)).path("data");
    }

    private Call next() {
        if (!creates.isEmpty() && random.nextInt(25) == 0) {
            return calls.again(Words.of(List.copyOf(creates), random));
        }
        var call = calls.next();
        if (call.method().equals("POST")) {
            creates.addLast(call);
            if (creates.size() > REPEATABLE) {
                creates.removeFirst();
            }
        }
        return call;
    }

    /// The way of the getting-started page, from a config to a result that is downloaded and acknowledged.
    private void story() throws IOException, InterruptedException {
        var config = judge(calls.of("POST", "/configs/storage", """
                {"url": "local://%s/story", "signed_urls_enabled": true}""".formatted(party.canary())));
        for (int i = 0; i < 20 && config.path("state").asString("").equals("new") && another.getAsBoolean(); i++) {
            config = judge(
                    calls.of("GET", "/configs/storage/" + config.path("id").asString(), null));
        }
        var user = judge(calls.of("POST", "/users", """
                {"identifier": "%s %d"}""".formatted(party.canary(), random.nextInt(1000))));
        var session = judge(calls.of(
                "POST", "/sessions", """
                {"source": {"user": "%s", "type": "mocks.mock", "identifier": "%s"}, "payload": {"password": "%s"}}""".formatted(user.path("id").asString("1"), party.canary(), party.password())));
        var poll = judge(
                calls.of("POST", "/polls", """
                {"session": "%s", "payload": {"info_types": ["*"], "data_types": ["mocks.notes"], "file_types": ["*"]}}""".formatted(session.path("id").asString("none"))));
        for (var result : poll.at("/results/data")) {
            if (another.getAsBoolean()) {
                judge(calls.of("POST", "/results/" + result.path("id").asString() + "/ack", "null"));
            }
            var signed = result.at("/signed_url/url").asString("");
            if (!signed.isEmpty() && another.getAsBoolean()) {
                judge(calls.of("GET", "/download/" + signed.substring(signed.lastIndexOf('/') + 1), null));
            }
        }
    }

    private JsonNode judge(Call call) throws IOException, InterruptedException {
        if (++made % CALLS_PER_KEY == 0) {
            calls.token(newToken.get());
        }
        last.addLast(call.toString());
        if (last.size() > REMEMBERED) {
            last.removeFirst();
        }
        HttpResponse<String> answer;
        try {
            answer = HTTP.send(request(call), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new AssertionError("%s got no answer: %s%n%s".formatted(name, e, String.join("\n", last)), e);
        }
        var json = Answers.json(answer.body()).orElse(JsonNodeFactory.instance.missingNode());
        var problems = witness.problems(party, call, answer, json);
        if (!problems.isEmpty()) {
            throw new AssertionError("%s, call %d: %s%n%s%nits answer: %d %s%nthe calls that led to it:%n%s"
                    .formatted(
                            name,
                            made,
                            call,
                            String.join("\n", problems),
                            answer.statusCode(),
                            answer.body()
                                    .substring(0, Math.min(2000, answer.body().length())),
                            String.join("\n", last)));
        }
        coverage.answered(call, answer.statusCode());
        pool.learn(json);
        if (call.own() && answer.statusCode() == 401) {
            // A call of some lane has switched the key off.
            calls.token(newToken.get());
        } else if (json.path("token").isString() && random.nextInt(3) == 0) {
            // Goes on as a key that may be narrowed.
            calls.token(json.path("token").asString());
        }
        return json;
    }

    private HttpRequest request(Call call) {
        var body = call.body();
        var request = HttpRequest.newBuilder(URI.create(url + call.target()))
                .timeout(Duration.ofSeconds(60))
                .method(call.method(), body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        call.headers().forEach(header -> request.header(header.name(), header.value()));
        if (call.token() != null) {
            request.header("Authorization", "Token " + call.token());
        }
        return request.build();
    }
}
