package ferry.crash;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Client;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// `kill -9` of a server that is telling receivers of events, again and again, under load.
@EnabledIfSystemProperty(named = "ferry.slow", matches = "true")
class WebhookKillNineTest {
    private static final int KILLS = Integer.getInteger("ferry.kills", 20);
    private static final int LOADERS = 4;
    /// Longer than what a sender waits.
    private static final Duration HANG = Duration.ofSeconds(16);

    private static final Map<String, String> SANDBOX = Map.of("FERRY_SANDBOX", "true");

    @TempDir
    private Path folder;

    /// What the API answered 201 to: by event, who asked for it and as how manieth.
    private final Map<UUID, Asked> asked = new ConcurrentHashMap<>();

    @SuppressWarnings("NullAway.Init") // started by the test
    private volatile ServerProcess server;

    private volatile String token = "";
    private volatile boolean loading = true;

    private record Asked(String subject, int number) {}

    @Test
    void twentyKillsLoseNoEventAndNoAttempt() throws Exception {
        var dice = new Random(11);
        try (var receivers = new FlakyReceivers(11, HANG.toMillis())) {
            server = start();
            token = Files.readString(folder.resolve("data/token")).strip();
            receivers.sound(true);
            config(receivers.url("hooks"));
            receivers.sound(false);
            var loaders = load();
            for (int kill = 1; kill <= KILLS; kill++) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(300 + dice.nextInt(3000)));
                server.kill();
                server = start();
                System.out.printf(
                        "kill %2d: %d events so far, %d requests at the receivers%n",
                        kill, asked.size(), receivers.requests());
            }
            loading = false;
            for (var loader : loaders) {
                loader.join();
            }
            receivers.sound(true);
            // A paused config goes on by itself; a lease of the killed lasts three quarters of a minute.
            ServerProcess.patiently("nothing is pending", () -> count("pending") == 0);
            check(receivers);
        } finally {
            server.close();
        }
    }

    private ServerProcess start() throws IOException {
        return ServerProcess.start(folder.resolve("data"), folder.resolve("log"), SANDBOX);
    }

    private Client client() {
        return server.client(token);
    }

    private void config(String url) {
        var retries = "1" + ",1".repeat(19);
        var made = client().post("/configs/webhook", "{'url': '" + url + "', 'retries': [" + retries + "]}")
                .expect(201);
        client().settled(
                        "/configs/webhook/" + made.at("/id").asString(),
                        c -> c.at("/state").asString().equals("valid"));
    }

    private List<Thread> load() {
        var all = new ArrayList<Thread>();
        for (int i = 0; i < LOADERS; i++) {
            var subject = UUID.randomUUID().toString();
            all.add(Thread.ofPlatform().start(() -> {
                for (int n = 0; loading; n++) {
                    ask(subject, n);
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(30));
                }
            }));
        }
        return all;
    }

    /// What got no answer may have happened or not.
    private void ask(String subject, int n) {
        try {
            var answer = client().post(
                            "/sandbox/trigger",
                            "{'type': 'poll', 'action': 'created', 'data': {'id': '" + subject + "', 'n': " + n + "}}");
            if (answer.status() == 201) {
                asked.put(UUID.fromString(answer.text("/id")), new Asked(subject, n));
            }
        } catch (UncheckedIOException _) {
            // killed
        }
    }

    private long count(String state) {
        return client().get("/events?limit=1&state=" + state)
                .expect(200)
                .at("/total_count")
                .asLong();
    }

    private void check(FlakyReceivers receivers) {
        var seen = new HashMap<String, Integer>();
        var missing = new HashMap<>(asked);
        long attempts = 0;
        long interrupted = 0;
        int listed = 0;
        var path = "/events?type=poll&limit=1000";
        for (var page = page(path); !page.isEmpty(); page = page(path + "&after_id=" + id(page.getLast()))) {
            for (var event : page) {
                listed++;
                var id = UUID.fromString(id(event));
                missing.remove(id);
                assertThat(event.at("/state").asString()).as("%s", event).isEqualTo("delivered");
                assertThat(receivers.taken(id)).as("taken: %s", event).isPositive();
                // Newest first.
                var subject = event.at("/data/id").asString();
                var number = event.at("/data/n").asInt();
                var after = seen.put(subject, number);
                assertThat(after == null ? Integer.MAX_VALUE : after)
                        .as("the one after %s", event)
                        .isGreaterThan(number);
                var log =
                        client().get("/events/" + id + "/attempts").expect(200).at("/data");
                for (int i = 0; i < log.size(); i++) {
                    assertThat(log.get(i).at("/number").asInt()).isEqualTo(log.size() - i);
                    assertThat(log.get(i).at("/state").asString())
                            .as("%s", log)
                            .isEqualTo(i == 0 ? "delivered" : "failed");
                    interrupted += log.get(i).at("/error").asString("").equals("interrupted") ? 1 : 0;
                }
                assertThat(receivers.arrived(id)).as("%s", log).isLessThanOrEqualTo(log.size());
                attempts += log.size();
            }
        }
        assertThat(missing).as("lost").isEmpty();
        assertThat(interrupted).as("attempts that a kill cut off").isPositive();
        System.out.printf(
                "%d kills: %d events asked for, %d listed, each delivered; %d attempts, each with its outcome, %d of them"
                        + " cut off by a kill%n",
                KILLS, asked.size(), listed, attempts, interrupted);
    }

    private List<JsonNode> page(String path) {
        var page = new ArrayList<JsonNode>();
        client().get(path).expect(200).at("/data").forEach(page::add);
        return page;
    }

    private static String id(JsonNode event) {
        return event.at("/id").asString();
    }
}
