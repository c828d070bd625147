package ferry.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ferry.access.Scopes;
import ferry.cli.Verify;
import ferry.testing.Client;
import ferry.testing.Eventually;
import ferry.testing.FakeGcs;
import ferry.testing.FeedSchemas;
import ferry.testing.TestApp;
import ferry.testing.TestS3;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// From a poll over HTTP to its manifest in the bucket and to `./ferry verify`, which must see whatever is changed.
class ManifestTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final AtomicInteger NUMBER = new AtomicInteger();
    private static TestApp app;

    @TempDir
    Path folder;

    private final StringWriter said = new StringWriter();
    private Client client;

    @BeforeAll
    static void start() {
        app = TestApp.start();
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @BeforeEach
    void organisation() {
        var name = "manifest-" + NUMBER.incrementAndGet();
        client = app.organisation(name, Scopes.ALL).client();
        client.storage("local://" + name + "/results");
    }

    @Test
    void aPollsManifestNamesEveryObjectAndIsVerified() throws Exception {
        var poll = poll(client, "'data_types': ['mocks.notes'], 'info_types': ['*'], 'file_types': ['mocks.note']");
        var manifest = JSON.readTree(read(poll));

        assertThat(new FeedSchemas(app.url()).errors("manifest", manifest)).isEmpty();
        assertThat(manifest.at("/poll").asString()).isEqualTo(id(poll));
        assertThat(manifest.at("/complete").asBoolean()).isTrue();
        assertThat(manifest.at("/source/type").asString()).isEqualTo("mocks.mock");
        assertThat(manifest.at("/tasks")).hasSize(2);
        assertThat(manifest.at("/errors")).isEmpty();
        var results = client.get("/polls/" + id(poll) + "/results?limit=100").expect(200);
        assertThat(identifiers(manifest.at("/objects")))
                .containsExactlyInAnyOrderElementsOf(identifiers(results.at("/data")));
        assertThat(manifest.at("/counts/objects").asInt())
                .isEqualTo(results.at("/total_count").asInt());
        for (var object : manifest.at("/objects")) {
            var lies = folder(poll).resolve(object.at("/key").asString());
            assertThat(Files.size(lies)).isEqualTo(object.at("/size").asLong());
        }
        assertThat(manifest.toString()).doesNotContain("someone");

        assertThat(verify(poll, "--key", key(client))).isZero();
        assertThat(said.toString())
                .contains("Verified: " + results.at("/total_count").asInt() + " objects")
                .contains("signed with key " + poll.at("/manifest/key").asString());
    }

    @Test
    void theApiShowsWhereItLiesAndWithWhichKeyItIsSigned() throws Exception {
        assertThat(client.get("/organisation").expect(200).at("/manifest_keys")).isEmpty();
        var poll = poll(client, "'data_types': ['mocks.notes']");

        assertThat(poll.at("/manifest/state").asString()).isEqualTo("available");
        assertThat(poll.at("/manifest/size").asLong())
                .isEqualTo(Files.size(path(poll.at("/manifest/url").asString())));
        assertThat(path(poll.at("/manifest/signature_url").asString())).hasSize(64);
        var key = client.get("/organisation").expect(200).at("/manifest_keys/0");
        assertThat(key.at("/id")).isEqualTo(poll.at("/manifest/key"));
        assertThat(key.at("/state").asString()).isEqualTo("active");
        var result = client.get("/results?poll=" + id(poll)).expect(200).at("/data/0");
        assertThat(result.at("/sha256")).isEqualTo(JSON.readTree(read(poll)).at("/objects/0/sha256"));
    }

    @Test
    void opensslAndSha256sumCheckTheSignature() throws Exception {
        assumeTrue(has("openssl", "version"), "openssl is not installed: its check of a signature is left out");
        var poll = poll(client, "'data_types': ['mocks.notes']");
        Files.writeString(folder.resolve("organisation.pem"), key(client));
        Files.copy(folder(poll).resolve("manifest.json"), folder.resolve("manifest.json"));
        Files.copy(folder(poll).resolve("manifest.json.sig"), folder.resolve("manifest.json.sig"));

        assertThat(run(
                        "sh",
                        "-c",
                        "sha256sum manifest.json >manifest.sum && openssl pkeyutl -verify -pubin"
                                + " -inkey organisation.pem -rawin -in manifest.sum -sigfile manifest.json.sig"))
                .contains("Signature Verified Successfully");
    }

    @Test
    void withoutAKeyItSaysThatItIsOnlySelfConsistent() throws Exception {
        var poll = poll(client, "'data_types': ['mocks.notes']");

        assertThat(verify(poll)).isZero();
        assertThat(said.toString()).contains("Only self-consistent");
    }

    @Test
    void oneChangedByteIsFound() throws Exception {
        var poll = poll(client, "'data_types': ['mocks.notes'], 'file_types': ['mocks.note']");
        var object = anObject(poll);
        var bytes = Files.readAllBytes(object);
        bytes[bytes.length / 2] ^= 1;
        Files.write(object, bytes);

        assertThat(verify(poll, "--key", key(client))).isEqualTo(1);
        assertThat(said.toString())
                .contains("Changed: " + folder(poll).relativize(object))
                .contains("1 problems");
    }

    @Test
    void aMissingAShortAndAnExtraObjectAreFound() throws Exception {
        var poll = poll(client, "'data_types': ['mocks.notes'], 'file_types': ['mocks.note']");
        var objects = objects(poll);
        Files.delete(objects.get(0));
        Files.write(objects.get(1), new byte[1]);
        Files.writeString(objects.get(1).resolveSibling("extra.txt"), "not ours");

        assertThat(verify(poll, "--key", key(client))).isEqualTo(1);
        assertThat(said.toString())
                .contains("Missing: " + folder(poll).relativize(objects.get(0)))
                .contains("Wrong size: " + folder(poll).relativize(objects.get(1)) + " has 1 bytes")
                .contains("Not in the manifest: ")
                .contains("extra.txt")
                .contains("3 problems");
    }

    @Test
    void aLinkInPlaceOfAnObjectIsFound() throws Exception {
        var poll = poll(client, "'data_types': ['mocks.notes']");
        var object = anObject(poll);
        Files.move(object, folder.resolve("elsewhere"));
        Files.createSymbolicLink(object, folder.resolve("elsewhere"));

        assertThat(verify(poll, "--key", key(client))).isEqualTo(1);
        assertThat(said.toString()).contains("Not a file: ");
    }

    @Test
    void aChangedManifestIsFoundWithAndWithoutAKey() throws Exception {
        var poll = poll(client, "'data_types': ['mocks.notes']");
        var file = folder(poll).resolve("manifest.json");
        Files.writeString(file, Files.readString(file).replaceFirst("\"complete\":true", "\"complete\":false"));

        assertThat(verify(poll, "--key", key(client))).isEqualTo(1);
        assertThat(verify(poll)).isEqualTo(1);
        assertThat(said.toString()).contains("The signature does not fit");
    }

    @Test
    void aMissingAndAForeignSignatureAreFound() throws Exception {
        var poll = poll(client, "'data_types': ['mocks.notes']");
        var other = poll(client, "'data_types': ['mocks.notes']");
        var signature = folder(poll).resolve("manifest.json.sig");
        Files.write(signature, Files.readAllBytes(folder(other).resolve("manifest.json.sig")));
        assertThat(verify(poll, "--key", key(client))).isEqualTo(1);
        assertThat(said.toString()).contains("The signature does not fit");

        Files.delete(signature);
        assertThat(verify(poll, "--key", key(client))).isEqualTo(1);
        assertThat(said.toString()).contains("The signature is missing");
    }

    @Test
    void anotherOrganisationsKeyDoesNotVerify() throws Exception {
        var poll = poll(client, "'data_types': ['mocks.notes']");
        var theirs = app.organisation("theirs " + NUMBER.incrementAndGet(), Scopes.ALL)
                .client();
        theirs.storage("local://theirs-" + NUMBER.get() + "/results");
        poll(theirs, "'data_types': ['mocks.notes']");

        assertThat(verify(poll, "--key", key(theirs))).isEqualTo(1);
        assertThat(said.toString())
                .contains("is signed with key " + poll.at("/manifest/key").asString() + ", and the given key is ");
    }

    @Test
    void aManifestThatClimbsOutOfItsBucketIsRefused() throws Exception {
        var poll = poll(client, "'data_types': ['mocks.notes']");
        var file = folder(poll).resolve("manifest.json");
        Files.writeString(
                file, Files.readString(file).replaceFirst("\"key\":\"data/[^\"]*\"", "\"key\":\"../../../../passwd\""));

        assertThat(verify(poll)).isEqualTo(1);
        assertThat(said.toString()).contains("The manifest names something outside its bucket: ../../../../passwd");
    }

    @Test
    void whatIsNoManifestAndWhatIsNotThereIsSaidInALine() throws Exception {
        var file = Files.writeString(folder.resolve("manifest.json"), "no JSON");
        assertThat(execute(file.toString())).isEqualTo(1);
        assertThat(said.toString()).contains("is no manifest");
        assertThat(execute(folder.resolve("nothing.json").toString())).isEqualTo(1);
        assertThat(said.toString()).contains("There is no manifest ");
        assertThat(execute(file.toString(), "--key", "nonsense")).isEqualTo(1);
        assertThat(said.toString()).contains("nonsense is neither a file");
    }

    @Test
    void aPollThatGotLessSaysWhy() throws Exception {
        var poll = poll(client, "'data_types': ['mocks.notes', 'icpl.photos']");
        var manifest = JSON.readTree(read(poll));

        assertThat(manifest.at("/complete").asBoolean()).isFalse();
        assertThat(manifest.at("/errors/0/error").asString()).isEqualTo("not-available");
        assertThat(manifest.at("/errors/0/item").asString()).isEqualTo("icpl.photos");
        assertThat(new FeedSchemas(app.url()).errors("manifest", manifest)).isEmpty();
        assertThat(verify(poll, "--key", key(client))).isZero();
        assertThat(said.toString()).contains("the poll got less than was asked for");
    }

    @Test
    void aTemplateThatPutsObjectsElsewhereIsFollowed() throws Exception {
        var name = "template-" + NUMBER.incrementAndGet();
        configure(
                client,
                JSON.createObjectNode()
                        .put("url", "local://" + name + "/deep/path")
                        .put("key_template", "by-id/{id}/{poll}"));
        var poll = poll(client, "'data_types': ['mocks.notes']");
        assertThat(JSON.readTree(read(poll)).at("/objects/0/key").asString()).startsWith("../by-id/");

        assertThat(verify(poll, "--key", key(client))).isZero();
    }

    @Test
    void whoDiesBetweenTheEndOfAPollAndItsManifestIsFollowedByAnother() throws Exception {
        var poll = poll(client, "'data_types': ['mocks.notes'], 'file_types': ['mocks.note']");
        var manifest = folder(poll).resolve("manifest.json");
        var signature = folder(poll).resolve("manifest.json.sig");
        var bytes = Files.readAllBytes(manifest);
        var signed = Files.readAllBytes(signature);
        // As a node leaves it that died with the manifest half written.
        app.db()
                .systemDo(tx -> tx.createUpdate("""
                        update manifest set state = 'pending', writing = true, attempts = 1, date_next = :lease,
                               url = null, signature_url = null, size = null, sha256 = null, date_written = null
                         where poll = cast(:poll as uuid)
                        """)
                        .bind("lease", app.clock().instant().plus(Manifests.LEASE))
                        .bind("poll", id(poll))
                        .execute());
        Files.delete(signature);
        Files.delete(manifest);
        assertThat(client.get("/polls/" + id(poll)).expect(200).at("/manifest").isNull())
                .isTrue();

        app.clock().advance(Manifests.LEASE.plusSeconds(1));
        written(client, id(poll));

        assertThat(manifest).hasBinaryContent(bytes);
        assertThat(signature).hasBinaryContent(signed);
    }

    @Test
    void aManifestWhoseBucketWasSwitchedOffIsGivenUp() {
        var poll = poll(client, "'data_types': ['mocks.notes']");
        var config = client.get("/configs/storage").expect(200).at("/data/0/id").asString();
        client.delete("/configs/storage/" + config).expect(200);
        app.db()
                .systemDo(tx -> tx.createUpdate("""
                        update manifest set state = 'pending', date_next = :now, url = null
                         where poll = cast(:poll as uuid)
                        """)
                        .bind("now", app.clock().instant())
                        .bind("poll", id(poll))
                        .execute());

        var shown = written(client, id(poll)).at("/manifest");

        assertThat(shown.at("/state").asString()).isEqualTo("failed");
        assertThat(shown.at("/error").asString()).isEqualTo("storage-failed");
        assertThat(shown.at("/message").asString()).isEqualTo("The storage config was deactivated.");
    }

    @Test
    void anotherKeyIsUsedFromItsRotationOnAndTheOldOneStillProves() throws Exception {
        var before = poll(client, "'data_types': ['mocks.notes']");
        long organisation = client.get("/organisation").expect(200).at("/id").asLong();
        app.db().tenantDo(() -> organisation, tx -> {
            var vault = new ferry.access.Vault(
                    app.db(), app.app().organisations(), app.master().sealer());
            new ManifestKeys(vault, app.clock()).rotate(tx, new ferry.access.OrgId(organisation));
        });
        var after = poll(client, "'data_types': ['mocks.notes']");

        assertThat(after.at("/manifest/key")).isNotEqualTo(before.at("/manifest/key"));
        var keys = client.get("/organisation").expect(200).at("/manifest_keys");
        assertThat(keys).hasSize(2);
        var both = folder.resolve("both.pem");
        var pem = new StringBuilder();
        keys.forEach(key -> pem.append(key.at("/public_key").asString()));
        Files.writeString(both, pem);
        assertThat(verify(before, "--key", both.toString())).isZero();
        assertThat(verify(after, "--key", both.toString())).isZero();
    }

    @Test
    void aPollThatAsksForNothingHasNone() {
        var session = session(client);
        var poll = client.completedPoll(session, "'files': []");

        long rows = app.db()
                .system(tx -> tx.createQuery("select count(*) from manifest where poll = cast(:poll as uuid)")
                        .bind("poll", id(poll))
                        .mapTo(Long.class)
                        .one());
        assertThat(rows).isZero();
    }

    @Test
    void whatLiesInS3IsVerifiedOnceItIsCopied() throws Exception {
        try (var s3 = TestS3.start("my-bucket")) {
            var credentials = JSON.createObjectNode()
                    .put("access_key_id", TestS3.KEYS.id())
                    .put("secret_access_key", TestS3.KEYS.secret().reveal());
            var body = JSON.createObjectNode()
                    .put("url", "s3://my-bucket/results")
                    .put("endpoint", s3.url().toString());
            body.set("credentials", credentials);
            configure(client, body);
            var poll = poll(client, "'data_types': ['mocks.notes'], 'file_types': ['mocks.note']");
            assertThat(poll.at("/manifest/url").asString())
                    .isEqualTo("s3://my-bucket/results/" + id(poll) + "/manifest.json");
            for (var key : s3.keys("my-bucket")) {
                try (var bytes = s3.open("my-bucket", key).orElseThrow()) {
                    copied(key, bytes.readAllBytes());
                }
            }

            assertThat(execute(
                            folder.resolve("results/" + id(poll) + "/manifest.json")
                                    .toString(),
                            "--key",
                            key(client)))
                    .isZero();
        }
    }

    @Test
    void whatLiesAtGoogleIsVerifiedOnceItIsCopied() throws Exception {
        try (var google = FakeGcs.start("my_bucket")) {
            var body = JSON.createObjectNode()
                    .put("url", "gs://my_bucket/results")
                    .put("endpoint", google.url().toString());
            body.set("credentials", google.serviceAccount());
            configure(client, body);
            var poll = poll(client, "'data_types': ['mocks.notes'], 'file_types': ['mocks.note']");
            for (var key : google.keys("my_bucket")) {
                copied(key, google.bytes("my_bucket", key).orElseThrow());
            }

            assertThat(execute(
                            folder.resolve("results/" + id(poll) + "/manifest.json")
                                    .toString(),
                            "--key",
                            key(client)))
                    .isZero();
        }
    }

    @Test
    void aBucketThatIsAwayDelaysTheManifestAndNothingElse() throws Exception {
        var s3 = TestS3.start("away-bucket");
        var port = s3.port();
        assertThat(port).isPositive();
        var body = JSON.createObjectNode()
                .put("url", "s3://away-bucket/results")
                .put("endpoint", s3.url().toString());
        body.set(
                "credentials",
                JSON.createObjectNode()
                        .put("access_key_id", TestS3.KEYS.id())
                        .put("secret_access_key", TestS3.KEYS.secret().reveal()));
        configure(client, body);
        var poll = poll(client, "'data_types': ['mocks.notes']");
        app.db()
                .systemDo(tx -> tx.createUpdate("""
                        update manifest set state = 'pending', attempts = 0, date_next = :now, url = null
                         where poll = cast(:poll as uuid)
                        """)
                        .bind("now", app.clock().instant())
                        .bind("poll", id(poll))
                        .execute());
        s3.close();

        Eventually.get(
                () -> app.db()
                        .<Boolean>system(tx -> tx.createQuery("""
                                select attempts > 0 and not writing and date_next > :now from manifest
                                 where poll = cast(:poll as uuid)
                                """)
                                .bind("now", app.clock().instant())
                                .bind("poll", id(poll))
                                .mapTo(Boolean.class)
                                .one()),
                waits -> waits);
        assertThat(client.get("/polls/" + id(poll)).expect(200).at("/manifest").isNull())
                .isTrue();

        app.clock().advance(Duration.ofDays(4));
        assertThat(written(client, id(poll)).at("/manifest/state").asString()).isEqualTo("failed");
    }

    private static String session(Client client) {
        return id(client.session(
                client.user("someone " + NUMBER.incrementAndGet()), "mocks.mock", "someone", "'password': 'password'"));
    }

    /// A poll whose manifest is written.
    private static JsonNode poll(Client client, String payload) {
        return written(client, id(client.completedPoll(session(client), payload)));
    }

    private static JsonNode written(Client client, String poll) {
        return client.settled("/polls/" + poll, shown -> !shown.at("/manifest").isNull());
    }

    /// A valid config that is the default from now on.
    private static void configure(Client client, ObjectNode body) {
        var request = client.request("/configs/storage").POST(HttpRequest.BodyPublishers.ofString(body.toString()));
        var id = id(Client.send(request).expect(201));
        var config = client.settled(
                "/configs/storage/" + id, c -> !c.at("/state").asString().equals("new"));
        assertThat(config.at("/state").asString()).as("%s", config).isEqualTo("valid");
        client.post("/organisation", "{'storage_config_default': " + id + "}").expect(200);
    }

    private static String id(JsonNode resource) {
        return resource.at("/id").asString();
    }

    private static List<String> identifiers(JsonNode list) {
        var all = new ArrayList<String>();
        list.forEach(one -> all.add(one.at("/identifier").asString()));
        return all;
    }

    private static String key(Client client) {
        return client.get("/organisation")
                .expect(200)
                .at("/manifest_keys/0/public_key")
                .asString();
    }

    private static Path path(String url) {
        return Path.of(URI.create(url).getPath());
    }

    private static Path folder(JsonNode poll) {
        return path(poll.at("/manifest/url").asString()).resolveSibling("");
    }

    private static String read(JsonNode poll) throws IOException {
        return Files.readString(path(poll.at("/manifest/url").asString()));
    }

    private static List<Path> objects(JsonNode poll) throws IOException {
        var all = new ArrayList<Path>();
        for (var object : JSON.readTree(read(poll)).at("/objects")) {
            all.add(folder(poll).resolve(object.at("/key").asString()));
        }
        return all;
    }

    private static Path anObject(JsonNode poll) throws IOException {
        return objects(poll).getFirst();
    }

    private void copied(String key, byte[] bytes) throws IOException {
        var file = folder.resolve(key);
        Files.createDirectories(file.getParent());
        Files.write(file, bytes);
    }

    private int verify(JsonNode poll, String... options) {
        var arguments = new ArrayList<String>();
        arguments.add(folder(poll).resolve("manifest.json").toString());
        arguments.addAll(List.of(options));
        return execute(arguments.toArray(String[]::new));
    }

    private int execute(String... arguments) {
        return new CommandLine(new Verify())
                .setOut(new PrintWriter(said, true))
                .setExecutionExceptionHandler((failure, _, _) -> {
                    said.append(failure.getMessage());
                    return 1;
                })
                .execute(arguments);
    }

    private static boolean has(String... command) {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
        } catch (IOException _) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private String run(String... command) throws Exception {
        var run = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        var text = new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(run.waitFor()).as(text).isZero();
        return text;
    }
}
