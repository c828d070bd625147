package ferry.crash;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.Journal;
import ferry.sandbox.Sandbox;
import ferry.sandbox.SandboxOptions;
import ferry.storage.Intake;
import ferry.testing.Client;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A server process over a data folder, the simulated iCloud in this one (so that it remembers, whatever dies), and
/// one session. Closed by the test.
final class KilledPoll implements AutoCloseable {
    private static final Pattern CURSOR = Pattern.compile("\"cursor\":\"[0-9a-f-]{36}\"");

    private final Sandbox sandbox;
    private final Path folder;
    private final Store store;
    private final Map<String, String> environment;
    private final String token;
    private final String session;
    private ServerProcess server;

    /// Starts everything and opens a session of `account`, who has no second factor.
    ///
    /// @param latency of each answer of the simulated iCloud
    KilledPoll(java.util.function.Consumer<Sandbox> residents, String account, Duration latency) throws IOException {
        this(residents, account, latency, folder -> new Store.Local(folder, folder.resolve("data/buckets"), "kill"));
    }

    /// The same with another place for the results.
    KilledPoll(
            java.util.function.Consumer<Sandbox> residents, String account, Duration latency, Cluster.Opening opening)
            throws IOException {
        this.sandbox = Sandbox.start(
                "127.0.0.1", 0, Clock.systemUTC(), SandboxOptions.DEFAULT.withLatency("ckdatabasews", latency));
        residents.accept(sandbox);
        this.folder = Files.createTempDirectory("ferry-kill").toRealPath();
        this.store = opening.in(folder);
        this.environment = Map.of(
                "FERRY_ICLOUD_AUTH_URL", sandbox.authUrl().toString(),
                "FERRY_ICLOUD_SETUP_URL", sandbox.setupUrl().toString(),
                "FERRY_ICLOUD_HOME_URL", sandbox.homeUrl().toString(),
                "FERRY_EGRESS_ALLOW", "127.0.0.0/8:*",
                "FERRY_UPSTREAM_RATE", "0");
        this.server = start();
        this.token = Files.readString(folder.resolve("data/token")).strip();
        var config = client().post("/configs/storage", store.config())
                .expect(201)
                .at("/id")
                .asString();
        var tested = client().settled(
                        "/configs/storage/" + config,
                        it -> !it.at("/state").asString().equals("new"));
        assertThat(tested.at("/state").asString()).as("%s", tested).isEqualTo("valid");
        this.session = client().activeSession(account);
    }

    private ServerProcess start() throws IOException {
        return ServerProcess.start(folder.resolve("data"), folder.resolve("log"), environment);
    }

    Client client() {
        return server.client(token);
    }

    /// Asks for a poll and returns its id.
    String ask(String payload) {
        return client().post("/polls", "{'session': '" + session + "', 'payload': {" + payload + "}}")
                .expect(201)
                .at("/id")
                .asString();
    }

    /// Kills the server, and starts it again on the same folder.
    ///
    /// @return how long the start took
    Duration killAndStart() throws IOException {
        server.kill();
        long killed = System.nanoTime();
        server = start();
        return Duration.ofNanos(System.nanoTime() - killed);
    }

    String state(String poll) {
        return client().get("/polls/" + poll).expect(200).at("/state").asString();
    }

    JsonNode completed(String poll) {
        ServerProcess.patiently("poll " + poll + " completes", () -> state(poll).equals("completed"));
        var shown = client().get("/polls/" + poll).expect(200);
        assertThat(shown.at("/state").asString()).isEqualTo("completed");
        assertThat(shown.at("/tasks_failed")).as("failed of %s", shown).isEmpty();
        return shown;
    }

    /// How often the simulated iCloud was asked for pages of the listing.
    long pages() {
        return asked("records/query");
    }

    /// How often a sign-in was begun.
    long signIns() {
        return asked("/signin/init");
    }

    /// How many files were asked for.
    long downloads() {
        return sandbox.journal().count(entry -> entry.path().startsWith("/content"));
    }

    private long asked(String end) {
        return sandbox.journal().count((Journal.Entry entry) -> entry.path().endsWith(end));
    }

    /// Every result of a poll by its identifier, with its MD5 as the bucket has it; that of a feed but for its cursor,
    /// which each has of its own.
    Map<String, String> results(String poll) throws IOException {
        var all = new TreeMap<String, String>();
        var objects = new TreeSet<String>();
        var path = "/polls/" + poll + "/results?limit=1000";
        List<JsonNode> page;
        do {
            page = new ArrayList<>();
            client().get(path).expect(200).at("/data").forEach(page::add);
            for (var result : page) {
                var identifier = result.at("/identifier").asString();
                var object = result.at("/url").asString();
                var bytes = store.read(object);
                assertThat(md5(bytes))
                        .as("MD5 of %s", identifier)
                        .isEqualTo(result.at("/checksum").asString());
                assertThat(all.put(identifier, md5(identifier.startsWith("data:") ? withoutCursor(bytes) : bytes)))
                        .as("double: %s", identifier)
                        .isNull();
                objects.add(object);
                path = "/polls/" + poll + "/results?limit=1000&after_id="
                        + result.at("/id").asString();
            }
        } while (!page.isEmpty());
        assertThat(objectsOf(poll)).as("objects of poll %s", poll).isEqualTo(objects);
        return all;
    }

    private static byte[] withoutCursor(byte[] feed) {
        var text = new String(feed, StandardCharsets.UTF_8);
        assertThat(CURSOR.matcher(text).results()).hasSize(1);
        return CURSOR.matcher(text).replaceFirst("").getBytes(StandardCharsets.UTF_8);
    }

    private static String md5(byte[] bytes) throws IOException {
        return Intake.md5Hex(new ByteArrayInputStream(bytes));
    }

    /// The `url` of each object of a poll, as the store has them.
    Set<String> objectsOf(String poll) throws IOException {
        return store.withoutManifests().stream()
                .filter(url -> url.contains(poll))
                .collect(TreeSet::new, TreeSet::add, TreeSet::addAll);
    }

    /// What is wrong by the poll's manifest, which comes within a while.
    List<String> problems(String poll) throws IOException {
        ServerProcess.patiently(
                "poll " + poll + " has its manifest",
                () -> !client().get("/polls/" + poll)
                        .expect(200)
                        .at("/manifest")
                        .isNull());
        var manifest = client().get("/polls/" + poll).expect(200).at("/manifest");
        assertThat(manifest.at("/state").asString()).as("%s", manifest).isEqualTo("available");
        return Verified.problems(
                manifest.at("/url").asString(),
                client().get("/organisation").expect(200).toString());
    }

    /// Where the results lie.
    Store store() {
        return store;
    }

    /// What could not be had, and why: the simulated library has its flaws.
    Map<String, String> errors(String poll) {
        var all = new TreeMap<String, String>();
        var errors = client().get("/polls/" + poll + "/errors?limit=1000").expect(200);
        for (var error : errors.at("/data")) {
            var item = error.at("/item").asString();
            assertThat(all.put(item, error.at("/error").asString()))
                    .as("double: %s", item)
                    .isNull();
        }
        return all;
    }

    /// The ids of a feed's records, of which none may come twice; `count` must be right.
    Set<String> feed(JsonNode poll) throws IOException {
        var ids = new TreeSet<String>();
        var results = poll.at("/results/data");
        var url = results.get(results.size() - 1).at("/url").asString();
        for (var result : results) {
            if (result.at("/identifier").asString().startsWith("data:")) {
                url = result.at("/url").asString();
            }
        }
        try (var in = new ByteArrayInputStream(store.read(url));
                var json = JsonMapper.shared().createParser(in)) {
            assertThat(json.nextToken()).isEqualTo(JsonToken.START_OBJECT);
            assertThat(json.nextName()).isEqualTo("data");
            assertThat(json.nextToken()).isEqualTo(JsonToken.START_ARRAY);
            while (json.nextToken() == JsonToken.START_OBJECT) {
                var id = json.<JsonNode>readValueAsTree().at("/id").asString();
                assertThat(ids.add(id)).as("double: %s", id).isTrue();
            }
            assertThat(json.nextName()).isEqualTo("metadata");
            json.nextToken();
            var metadata = json.<JsonNode>readValueAsTree();
            assertThat(metadata.at("/count").asInt()).isEqualTo(ids.size());
        }
        return ids;
    }

    /// Waits until so many more pages were asked for.
    void awaitPages(long more) {
        long until = pages() + more;
        ServerProcess.patiently("page " + until + " is asked for", () -> pages() >= until);
    }

    /// Waits until so many files were asked for.
    void awaitDownloads(long inAll) {
        ServerProcess.patiently("file " + inAll + " is asked for", () -> downloads() >= inAll);
    }

    @Override
    public void close() {
        server.close();
        sandbox.close();
        store.close();
        try (Stream<Path> all = Files.walk(folder)) {
            for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
