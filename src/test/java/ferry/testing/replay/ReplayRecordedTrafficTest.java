package ferry.testing.replay;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import ferry.Service;
import ferry.ServiceSettings;
import ferry.settings.Env;
import ferry.storage.ObjectKey;
import ferry.testing.Client;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/// Apple's recorded traffic through the whole service: session, poll, feed and file over its own HTTP API, into a
/// local bucket. Only Apple is not there.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReplayRecordedTrafficTest {
    private static final String ACCOUNT = "jdoe@gmail.com";
    private static final String SIGN_IN = "auth_non_2fa";
    private static final String GENUINE = "download_autodelete_photos_part1";
    private static final AtomicInteger PEOPLE = new AtomicInteger();
    private static final SchemaRegistry SCHEMAS = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    @TempDir
    private static Path data;

    private ReplayServer apple;
    private Service service;
    private Client client;

    @BeforeAll
    void start() throws Exception {
        Traffic.assumePresent();
        apple = ReplayServer.of(Clock.systemUTC(), SIGN_IN);
        service = Service.start(
                ServiceSettings.read(
                        new Env(Map.of(
                                "FERRY_ICLOUD_AUTH_URL",
                                apple.auth().toString(),
                                "FERRY_ICLOUD_SETUP_URL",
                                apple.setup().toString(),
                                "FERRY_ICLOUD_HOME_URL",
                                apple.home().toString(),
                                "FERRY_EGRESS_ALLOW",
                                "127.0.0.1:" + apple.auth().getPort(),
                                "FERRY_UPSTREAM_RATE",
                                "0",
                                "FERRY_SIGN_INS_PER_QUARTER",
                                "100",
                                "FERRY_SIGN_INS_PER_HOUR",
                                "100")),
                        new ServiceSettings.Options(
                                Optional.of(data), Optional.empty(), Optional.of(0), Optional.empty(), false, false)),
                Clock.systemUTC());
        client = new Client(service.url(), service.firstToken().orElseThrow().reveal());
        assertThat(text(client.storage("local://replayed-traffic/photos"), "state"))
                .isEqualTo("valid");
    }

    @AfterAll
    void stop() {
        if (service != null) {
            service.close();
        }
        if (apple != null) {
            apple.close();
        }
    }

    @AfterEach
    void everythingWasRecorded() {
        apple.assertEverythingWasRecorded();
        assertThat(apple.asked("POST", "/records/modify")).isZero();
    }

    @ParameterizedTest
    @CsvSource({"listing_photos_raw, 100", "listing_videos, 100", GENUINE + ", 100", "autodelete_photos, 16"})
    void everyRecordedPairIsInTheFeed(String recording, int pairs) throws Exception {
        var recorded = assets(recording);
        apple.play(SIGN_IN, recording);

        var poll = photosPoll(activeSession());
        var feed = feed(poll);

        assertThat(recorded).hasSize(pairs);
        // Beside them may stand what is in a shared library.
        assertThat(feed.path("data")
                        .valueStream()
                        .filter(photo -> photo.path("library").asString("").equals("personal"))
                        .map(photo -> photo.path("id").asString("")))
                .containsExactlyInAnyOrderElementsOf(recorded);
        assertThat(breaches(feed)).isEmpty();
        // The recordings end within a library of thousands, as its count tells.
        assertThat(feed.path("metadata").path("complete").asBoolean(true)).isFalse();
        assertThat(feed.path("metadata")
                        .path("warnings")
                        .valueStream()
                        .map(w -> w.path("code").asString("")))
                .containsExactly("listing_gap", "count_deviates");
        assertThat(errors(poll)).isEmpty();
    }

    @Test
    void theGenuinePhotoIsPublishedWithItsTrueChecksum() throws Exception {
        apple.play(SIGN_IN, GENUINE);
        var session = activeSession();
        var feed = feed(photosPoll(session));
        var file = original(feed, 85_638);

        var poll = filePoll(session, file);

        var photo = content(GENUINE);
        var result = only(results(poll));
        assertThat(text(result, "identifier")).isEqualTo("file:" + file);
        assertThat(text(result, "checksum")).isEqualTo(md5(photo));
        assertThat(result.path("size").asLong(0)).isEqualTo(85_638);
        assertThat(text(result, "state")).isEqualTo("available");
        assertThat(md5(Files.readAllBytes(local(result)))).isEqualTo(md5(photo));
        assertThat(objects(poll)).containsExactly(local(result));
        assertThat(errors(poll)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"listing_photos_raw, 1884695", "listing_videos, 36491351"})
    void aTruncatedPlaceholderIsRefusedAndListedAsAnError(String recording, long size) throws Exception {
        apple.play(SIGN_IN, recording);
        var session = activeSession();
        var file = original(feed(photosPoll(session)), size);

        var poll = filePoll(session, file);

        assertThat(results(poll)).isEmpty();
        var error = only(errors(poll));
        assertThat(text(error, "error")).isEqualTo("integrity-mismatch");
        assertThat(text(error, "item")).isEqualTo(file);
        assertThat(objects(poll)).isEmpty();
    }

    @Test
    void filesAreFetchedInPassingAndThoseThatCannotBeHadAreListed() throws Exception {
        apple.play(SIGN_IN, GENUINE);

        var poll = client.completedPoll(
                activeSession(), "'data_types': ['icpl.photos'], 'file_types': ['icpl.photos.original']");

        var feed = feed(poll);
        var files = results(poll).stream()
                .filter(result -> text(result, "identifier").startsWith("file:"))
                .toList();
        assertThat(text(only(files), "checksum")).isEqualTo(md5(content(GENUINE)));
        assertThat(ids(feed)).hasSize(100);
        assertThat(breaches(feed)).isEmpty();
        assertThat(errors(poll))
                .hasSize(99)
                .allMatch(error -> text(error, "error").equals("not-retrievable"));
        assertThat(feed.path("metadata").path("complete").asBoolean(true)).isFalse();
        assertThat(feed.path("metadata").path("listed").asInt(-1)).isEqualTo(100);
        assertThat(feed.path("metadata").path("published").asInt(-1)).isEqualTo(100);
        assertThat(feed.path("metadata").path("refused").asInt(-1)).isZero();
        assertThat(feed.at("/metadata/warnings").valueStream())
                .anyMatch(warning -> text(warning, "code").equals("files_refused")
                        && warning.path("count").asInt(-1) == 99);
    }

    @Test
    void aCodeOpensTheSession() throws Exception {
        apple.play("2fa_flow_valid_code", "autodelete_photos");
        var user = person();

        var asked = session(user, ACCOUNT, "'password': 'password'");
        assertThat(text(asked, "state")).isEqualTo("failed");
        assertThat(text(asked, "error")).isEqualTo("code-required");

        var opened = session(user, ACCOUNT, "'password': 'password', 'code': '654321'");
        assertThat(text(opened, "state")).isEqualTo("active");
        assertThat(apple.asked("POST", "/signin/complete")).isEqualTo(1);
        var poll = photosPoll(text(opened, "id"));
        assertThat(ids(feed(poll))).hasSize(16);
    }

    @Test
    void aWrongPasswordFailsTheSessionAndIsTriedOnce() throws Exception {
        apple.play("failed_auth");

        var failed = session(person(), "bad_username", "'password': 'bad_password'");

        assertThat(text(failed, "state")).isEqualTo("failed");
        assertThat(text(failed, "error")).isEqualTo("credentials-invalid");
        assertThat(apple.asked("POST", "/signin/complete")).isEqualTo(1);
    }

    private String activeSession() {
        var session = session(person(), ACCOUNT, "'password': 'password'");
        assertThat(text(session, "error")).isEmpty();
        assertThat(text(session, "state")).isEqualTo("active");
        return text(session, "id");
    }

    /// A user of its own, so that no story finds a source of another.
    private String person() {
        return client.user("person-" + PEOPLE.incrementAndGet());
    }

    private JsonNode session(String user, String account, String payload) {
        return client.session(user, "icloud.account", account, payload);
    }

    private JsonNode photosPoll(String session) {
        return client.completedPoll(session, "'data_types': ['icpl.photos']");
    }

    private JsonNode filePoll(String session, String file) {
        return client.completedPoll(session, "'files': ['" + file + "']");
    }

    private List<JsonNode> results(JsonNode poll) {
        return listed("/polls/" + text(poll, "id") + "/results");
    }

    private List<JsonNode> errors(JsonNode poll) {
        return listed("/polls/" + text(poll, "id") + "/errors");
    }

    private List<JsonNode> listed(String path) {
        var list = client.get(path + "?limit=1000").expect(200);
        assertThat(list.path("total_count").asInt(-1))
                .isEqualTo(list.path("data").size());
        return list.path("data").valueStream().toList();
    }

    /// The feed as it lies in the bucket, after its result was checked against it.
    private JsonNode feed(JsonNode poll) throws IOException {
        var result = only(results(poll).stream()
                .filter(one -> text(one, "identifier").equals("data:icpl.photos"))
                .toList());
        var bytes = Files.readAllBytes(local(result));
        assertThat(text(result, "checksum")).isEqualTo(md5(bytes));
        assertThat(result.path("size").asLong(0)).isEqualTo(bytes.length);
        return Question.parse(bytes);
    }

    private static Path local(JsonNode result) {
        var url = text(result, "url");
        assertThat(url).startsWith("local:///");
        return Path.of(URI.create(url).getPath());
    }

    /// What lies in the bucket under a poll's name, finished or not.
    /// But for its manifest, which comes once the poll has ended.
    private static List<Path> objects(JsonNode poll) throws IOException {
        var folder =
                data.toRealPath().resolve("buckets/replayed-traffic/photos").resolve(text(poll, "id"));
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (var all = Files.walk(folder)) {
            return all.filter(path -> !path.getFileName().toString().startsWith(ObjectKey.MANIFEST))
                    .filter(Files::isRegularFile)
                    .toList();
        }
    }

    private static List<String> ids(JsonNode feed) {
        return feed.path("data").valueStream().map(entry -> text(entry, "id")).toList();
    }

    /// Where a feed breaks its schema; the values are not named.
    private static List<String> breaches(JsonNode feed) {
        var schema = SCHEMAS.getSchema(SchemaLocation.of("classpath:schemas/icpl.photos.json"));
        return schema.validate(feed).stream()
                .map(breach -> breach.getInstanceLocation() + " " + breach.getKeyword())
                .toList();
    }

    /// The id of the one original of that size.
    private static String original(JsonNode feed, long size) {
        var files = feed.path("data")
                .valueStream()
                .flatMap(entry -> entry.path("files").valueStream())
                .filter(file -> text(file, "variant").equals("original"))
                .filter(file -> file.path("size").asLong(0) == size)
                .map(file -> text(file, "id"))
                .toList();
        assertThat(files).hasSize(1);
        return files.getFirst();
    }

    /// The ids that the feed must have, one for each recorded pair of the account's own library.
    private static List<String> assets(String recording) {
        return Traffic.load(recording).stream()
                .filter(exchange -> exchange.url().getPath().endsWith("/private/records/query"))
                .flatMap(exchange -> exchange.answered().path("records").valueStream())
                .filter(record -> text(record, "recordType").equals("CPLAsset"))
                .map(record -> "photo:" + text(record, "recordName"))
                .toList();
    }

    /// The file of that recording.
    private static byte[] content(String recording) {
        return Traffic.load(recording).stream()
                .filter(exchange -> exchange.url().getHost().endsWith("icloud-content.com"))
                .map(Recorded::body)
                .findFirst()
                .orElseThrow();
    }

    private static String md5(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static JsonNode only(List<JsonNode> nodes) {
        assertThat(nodes).hasSize(1);
        return nodes.getFirst();
    }

    private static String text(JsonNode node, String field) {
        return node.path(field).asString("");
    }
}
