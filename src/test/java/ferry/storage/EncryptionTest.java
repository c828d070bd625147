package ferry.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ferry.access.Scopes;
import ferry.cli.Verify;
import ferry.crypto.AgeIdentities;
import ferry.crypto.Secret;
import ferry.testing.AgeKeys;
import ferry.testing.Client;
import ferry.testing.FakeGcs;
import ferry.testing.Folders;
import ferry.testing.TestApp;
import ferry.testing.TestS3;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Encryption to the organisation's own public key: what lies in the bucket, and who can read it.
class EncryptionTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static final AgeKeys KEYS = AgeKeys.generate();
    private static TestApp app;
    /// Of an organisation that encrypts, with its config and a poll that no test changes.
    private static Client publisher;

    private static JsonNode config;
    private static JsonNode published;

    @TempDir
    Path folder;

    private final StringWriter said = new StringWriter();
    private Client client;
    private String bucket;

    @BeforeAll
    static void start() {
        app = TestApp.start();
        publisher = app.organisation("encrypting", Scopes.ALL).client();
        config = configure(publisher, local("encrypting", KEYS.recipient()));
        published = photos(publisher);
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @BeforeEach
    void organisation() {
        bucket = "encrypted-" + NUMBER.incrementAndGet();
        client = app.organisation(bucket, Scopes.ALL).client();
    }

    @Test
    void whatIsPublishedCanBeReadWithTheIdentityAlone() throws Exception {
        assertThat(config.at("/encryption/recipients/0").asString()).isEqualTo(KEYS.recipient());

        var results = publisher
                .get("/polls/" + id(published) + "/results?limit=100")
                .expect(200)
                .at("/data");
        assertThat(results.size()).isGreaterThan(2);
        for (var result : results) {
            var object = path(result);
            assertThat(object.toString()).endsWith(".age");
            var bytes = Files.readAllBytes(object);
            assertThat(new String(bytes, 0, 21, StandardCharsets.US_ASCII)).isEqualTo("age-encryption.org/v1");
            assertThat(bytes.length).isEqualTo(result.at("/size").asInt());
            assertThat(Intake.md5Hex(new ByteArrayInputStream(bytes)))
                    .isEqualTo(result.at("/checksum").asString());
            assertThat(result.at("/encryption").asString()).isEqualTo("age");
            var plain = decrypted(bytes);
            assertThat(plain.length).isEqualTo(result.at("/content_size").asInt());
            assertThat(Intake.md5Hex(new ByteArrayInputStream(plain)))
                    .isEqualTo(result.at("/content_checksum").asString());
            assertThat(HexFormat.of().formatHex(Intake.digest("SHA-256").digest(plain)))
                    .isEqualTo(result.at("/sha256").asString());
        }
    }

    @Test
    void theRealAgeDecryptsWhatIsPublished() throws Exception {
        assumeTrue(has("age"), "age is not installed: the check with the real one is left out");
        var identity = identity();

        for (var result : publisher
                .get("/polls/" + id(published) + "/results?limit=100")
                .expect(200)
                .at("/data")) {
            var run = new ProcessBuilder(
                            "age", "-d", "-i", identity.toString(), path(result).toString())
                    .start();
            var plain = run.getInputStream().readAllBytes();
            var error = new String(run.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(run.waitFor()).as(error).isZero();
            assertThat(Intake.md5Hex(new ByteArrayInputStream(plain)))
                    .isEqualTo(result.at("/content_checksum").asString());
        }
    }

    @Test
    void neitherKeysNorTheManifestTellTheNamesOfFiles() throws Exception {
        var manifest = Files.readString(manifest(published));

        assertThat(manifest).doesNotContain("IMG_").doesNotContain("john.appleseed");
        assertThat(manifest).contains("/file.heic.age\"");
        try (Stream<Path> all = Files.walk(manifest(published).getParent())) {
            assertThat(all.filter(Files::isRegularFile)
                            .map(file -> String.valueOf(file.getFileName()))
                            .filter(name -> name.contains("IMG_")))
                    .isEmpty();
        }
    }

    @Test
    void withoutAnIdentityVerifyComparesSizesAndWithOneEverything() throws Exception {
        var file = manifest(published).toString();
        var objects = JSON.readTree(Files.readString(manifest(published)))
                .at("/objects")
                .size();

        assertThat(verify(file, "--key", key(publisher))).isZero();
        assertThat(said.toString()).contains(objects + " encrypted objects were compared by their size alone");
        assertThat(verify(
                        file, "--key", key(publisher), "--identity", identity().toString()))
                .isZero();
        assertThat(said.toString()).contains("Verified: " + objects + " objects");
    }

    @Test
    void aChangedByteOfAnEncryptedObjectIsFoundWithTheIdentity() throws Exception {
        var poll = Objects.requireNonNull(manifest(published).getParent());
        var copy = folder.resolve("copy");
        Folders.copy(poll, copy);
        var object =
                path(publisher.get("/results?poll=" + id(published)).expect(200).at("/data/0"));
        var changed = copy.resolve(poll.relativize(object));
        var bytes = Files.readAllBytes(changed);
        bytes[bytes.length - 20] ^= 1;
        Files.write(changed, bytes);
        var file = copy.resolve("manifest.json").toString();

        assertThat(verify(file, "--key", key(publisher))).isZero();
        assertThat(verify(
                        file, "--key", key(publisher), "--identity", identity().toString()))
                .isEqualTo(1);
        assertThat(said.toString()).containsAnyOf("Cannot be decrypted: ", "Cannot be read: ");
    }

    @Test
    void anotherIdentityOpensNothing() throws Exception {
        var other = Files.writeString(
                folder.resolve("other.txt"), AgeKeys.generate().identity().reveal());

        assertThat(verify(manifest(published).toString(), "--key", key(publisher), "--identity", other.toString()))
                .isEqualTo(1);
        assertThat(said.toString()).contains("Cannot be decrypted: ");
    }

    @Test
    void eachOfSeveralRecipientsCanRead() throws Exception {
        var second = AgeKeys.generate();
        configure(client, local(bucket, KEYS.recipient(), second.recipient()));
        var poll = photos(client);
        var bytes = Files.readAllBytes(
                path(client.get("/results?poll=" + id(poll)).expect(200).at("/data/0")));

        assertThat(decrypted(bytes, KEYS.identity())).isEqualTo(decrypted(bytes, second.identity()));
    }

    @Test
    void anObjectInS3SaysNothingOfWhatIsInIt() throws Exception {
        try (var s3 = TestS3.start("my-bucket")) {
            var body = JSON.createObjectNode()
                    .put("url", "s3://my-bucket/results")
                    .put("endpoint", s3.url().toString());
            body.set(
                    "credentials",
                    JSON.createObjectNode()
                            .put("access_key_id", TestS3.KEYS.id())
                            .put("secret_access_key", TestS3.KEYS.secret().reveal()));
            body.putObject("encryption").put("type", "age").put("recipient", KEYS.recipient());
            configure(client, body);
            photos(client);

            var encrypted = s3.keys("my-bucket").stream()
                    .filter(key -> !key.contains("manifest.json"))
                    .toList();
            assertThat(encrypted.size()).isGreaterThan(2);
            for (var key : encrypted) {
                assertThat(key).endsWith(".age");
                assertThat(s3.labels("my-bucket", key))
                        .containsKey("ferry-identifier")
                        .doesNotContainKey("ferry-name");
                assertThat(s3.mediaType("my-bucket", key)).isEqualTo("application/octet-stream");
                try (var bytes = s3.open("my-bucket", key).orElseThrow()) {
                    assertThat(decrypted(bytes.readAllBytes())).isNotEmpty();
                }
            }
        }
    }

    @Test
    void aBucketAtGoogleWhereNothingMayBeReplacedIsNotEnough() throws Exception {
        try (var google = FakeGcs.start("my_bucket")) {
            var body = JSON.createObjectNode()
                    .put("url", "gs://my_bucket/results")
                    .put("endpoint", google.url().toString());
            body.set("credentials", google.serviceAccount());
            body.putObject("encryption").put("type", "age").put("recipient", KEYS.recipient());
            google.permit(Set.of("storage.objects.create", "storage.objects.list"));
            var config = tested(client, body);
            assertThat(config.at("/state").asString()).isEqualTo("invalid");
            assertThat(config.at("/message").asString())
                    .startsWith("Objects that are encrypted need the permission to delete and replace");

            google.permit(FakeGcs.EVERYTHING);
            configure(client, body);
            photos(client);
            for (var key : google.keys("my_bucket")) {
                // nothing could delete the first test's object
                if (!key.contains("manifest.json") && !key.contains(".ferry-probe-")) {
                    assertThat(decrypted(google.bytes("my_bucket", key).orElseThrow()))
                            .isNotEmpty();
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'type': 'age', 'recipient': 'age1nonsense'}",
                "{'type': 'age', 'recipient': ''}",
                "{'type': 'age'}",
                "{'type': 'age', 'recipients': []}",
                "{'type': 'age', 'recipients': ['x']}"
            })
    void aBadRecipientIsRefused(String encryption) {
        var answer =
                client.post("/configs/storage", "{'url': 'local://" + bucket + "', 'encryption': " + encryption + "}");

        assertThat(answer.expect(400).at("/error").asString()).isEqualTo("invalid-parameter");
        assertThat(answer.body().at("/params").toString())
                .contains("is not a public key as age-keygen prints it, age1");
    }

    @Test
    void anotherKindOfEncryptionAndAnIdentityInPlaceOfARecipientAreRefused() {
        var kind = client.post("/configs/storage", "{'url': 'local://" + bucket + "', 'encryption': {'type': 'pgp'}}");
        assertThat(kind.expect(400).at("/params/encryption.type/0").asString()).isEqualTo("must be age");
        var identity = client.post(
                "/configs/storage",
                "{'url': 'local://" + bucket + "', 'encryption': {'type': 'age', 'recipient': '"
                        + KEYS.identity().reveal() + "'}}");
        assertThat(identity.expect(400).toString())
                .doesNotContain(KEYS.identity().reveal());
    }

    @Test
    void anUpdateThatDoesNotNameItLeavesItAndNullSwitchesItOff() {
        var id = id(configure(client, local(bucket, KEYS.recipient())));

        var kept = client.post("/configs/storage/" + id, "{'signed_urls_enabled': true}")
                .expect(200);
        assertThat(kept.at("/encryption/type").asString()).isEqualTo("age");
        var off = client.post("/configs/storage/" + id, "{'encryption': null}").expect(200);
        assertThat(off.has("encryption")).isFalse();
    }

    private static ObjectNode local(String bucket, String... recipients) {
        var body = JSON.createObjectNode().put("url", "local://" + bucket + "/results");
        var encryption = body.putObject("encryption").put("type", "age");
        if (recipients.length == 1) {
            encryption.put("recipient", recipients[0]);
        } else {
            List.of(recipients).forEach(encryption.putArray("recipients")::add);
        }
        return body;
    }

    private static JsonNode tested(Client client, ObjectNode body) {
        var request = client.request("/configs/storage").POST(HttpRequest.BodyPublishers.ofString(body.toString()));
        return client.settled(
                "/configs/storage/" + id(Client.send(request).expect(201)),
                c -> !c.at("/state").asString().equals("new"));
    }

    private static JsonNode configure(Client client, ObjectNode body) {
        var made = tested(client, body);
        assertThat(made.at("/state").asString()).as("%s", made).isEqualTo("valid");
        return made;
    }

    /// A feed of photos and some of the files it lists.
    private static JsonNode photos(Client client) {
        var session = client.activeSession("john.appleseed@sandbox.example");
        var poll =
                client.completedPoll(session, "'data_types': ['icpl.photos'], 'file_types': ['icpl.photos.original']");
        assertThat(poll.at("/tasks_failed")).isEmpty();
        return client.settled(
                "/polls/" + id(poll), shown -> !shown.at("/manifest").isNull());
    }

    private static String key(Client client) {
        return client.get("/organisation")
                .expect(200)
                .at("/manifest_keys/0/public_key")
                .asString();
    }

    private Path identity() throws IOException {
        return Files.writeString(
                folder.resolve("key.txt"), "# a comment\n" + KEYS.identity().reveal() + "\n");
    }

    private static Path manifest(JsonNode poll) {
        return Path.of(URI.create(poll.at("/manifest/url").asString()).getPath());
    }

    private static Path path(JsonNode result) {
        return Path.of(URI.create(result.at("/url").asString()).getPath());
    }

    private static String id(JsonNode resource) {
        return resource.at("/id").asString();
    }

    private static byte[] decrypted(byte[] bytes) throws IOException {
        return decrypted(bytes, KEYS.identity());
    }

    private static byte[] decrypted(byte[] bytes, Secret identity) throws IOException {
        try (var in = Channels.newInputStream(
                AgeIdentities.of(identity).decrypting(Channels.newChannel(new ByteArrayInputStream(bytes))))) {
            return in.readAllBytes();
        }
    }

    private int verify(String... arguments) {
        return new CommandLine(new Verify()).setOut(new PrintWriter(said, true)).execute(arguments);
    }

    private static boolean has(String program) throws InterruptedException {
        try {
            return new ProcessBuilder(program, "--version")
                            .redirectErrorStream(true)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException _) {
            return false;
        }
    }
}
