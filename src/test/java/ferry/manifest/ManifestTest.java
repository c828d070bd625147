package ferry.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ferry.access.Scopes;
import ferry.cli.Verify;
import ferry.testing.Client;
import ferry.testing.Eventually;
import ferry.testing.FakeGcs;
import ferry.testing.FeedSchemas;
import ferry.testing.Folders;
import ferry.testing.TestApp;
import ferry.testing.TestS3;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
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
    /// Of an organisation that publishes as most do.
    private static Client client;

    /// A poll of it, whose objects and manifest [#copy] gives.
    private static JsonNode published;

    @TempDir
    Path folder;

    private final StringWriter said = new StringWriter();

    @BeforeAll
    static void start() {
        app = TestApp.start();
        client = organisation();
        published = poll(client, "'data_types': ['mocks.notes'], 'file_types': ['mocks.note']");
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    /// Another organisation, with a bucket.
    private static Client organisation() {
        var name = "manifest-" + NUMBER.incrementAndGet();
        var made = app.organisation(name, Scopes.ALL).client();
        made.storage("local://" + name + "/results");
        return made;
    }

    /// The poll that is there, and what it published in a folder that a test may spoil.
    private JsonNode copy() throws IOException {
        var to = folder.resolve("results").resolve(id(published));
        Folders.copy(folder(published), to);
        var poll = published.deepCopy();
        ((ObjectNode) poll.at("/manifest"))
                .put("url", to.resolve("manifest.json").toUri().toString());
        return poll;
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
        var alone = organisation();
        assertThat(alone.get("/organisation").expect(200).at("/manifest_keys")).isEmpty();
        var poll = poll(alone, "'data_types': ['mocks.notes']");

        assertThat(poll.at("/manifest/state").asString()).isEqualTo("available");
        assertThat(poll.at("/manifest/size").asLong())
                .isEqualTo(Files.size(path(poll.at("/manifest/url").asString())));
        assertThat(path(poll.at("/manifest/signature_url").asString())).hasSize(64);
        var key = alone.get("/organisation").expect(200).at("/manifest_keys/0");
        assertThat(key.at("/id")).isEqualTo(poll.at("/manifest/key"));
        assertThat(key.at("/state").asString()).isEqualTo("active");
        var result = alone.get("/results?poll=" + id(poll)).expect(200).at("/data/0");
        assertThat(result.at("/sha256")).isEqualTo(JSON.readTree(read(poll)).at("/objects/0/sha256"));
    }

    @Test
    void opensslAndSha256sumCheckTheSignature() throws Exception {
        assumeTrue(has("openssl", "version"), "openssl is not installed: its check of a signature is left out");
        var poll = copy();
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
        var poll = copy();

        assertThat(verify(poll)).as("a code of its own").isEqualTo(3);
        assertThat(said.toString()).contains("Only self-consistent").doesNotContain("Verified");
    }

    @Test
    void oneChangedByteIsFound() throws Exception {
        var poll = copy();
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
        var poll = copy();
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
        var poll = copy();
        var object = anObject(poll);
        Files.move(object, folder.resolve("elsewhere"));
        Files.createSymbolicLink(object, folder.resolve("elsewhere"));

        assertThat(verify(poll, "--key", key(client))).isEqualTo(1);
        assertThat(said.toString()).contains("Not a file: ");
    }

    @Test
    void aChangedManifestIsFoundWithAndWithoutAKey() throws Exception {
        var poll = copy();
        var file = folder(poll).resolve("manifest.json");
        Files.writeString(file, Files.readString(file).replaceFirst("\"complete\":true", "\"complete\":false"));

        assertThat(verify(poll, "--key", key(client))).isEqualTo(1);
        assertThat(verify(poll)).isEqualTo(1);
        assertThat(said.toString()).contains("The signature does not fit");
    }

    @Test
    void aMissingAndAForeignSignatureAreFound() throws Exception {
        var poll = copy();
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
        var poll = copy();
        var theirs = organisation();
        poll(theirs, "'data_types': ['mocks.notes']");

        assertThat(verify(poll, "--key", key(theirs))).isEqualTo(1);
        assertThat(said.toString())
                .contains("is signed with key " + poll.at("/manifest/key").asString() + ", and the given key is ");
    }

    @Test
    void aManifestThatClimbsOutOfItsBucketIsRefused() throws Exception {
        var poll = copy();
        var file = folder(poll).resolve("manifest.json");
        Files.writeString(
                file, Files.readString(file).replaceFirst("\"key\":\"data/[^\"]*\"", "\"key\":\"../../../../passwd\""));

        assertThat(verify(poll)).isEqualTo(1);
        assertThat(said.toString())
                .contains("The manifest names something outside its folder, which is followed only with a key:"
                        + " ../../../../passwd");
    }

    @Test
    void noObjectIsTouchedBeforeTheSignatureFits() throws Exception {
        var poll = copy();
        var file = folder(poll).resolve("manifest.json");
        Files.writeString(file, Files.readString(file).replaceFirst("\"key\":\"data/[^\"]*\"", "\"key\":\"nowhere\""));

        assertThat(verify(poll, "--key", key(client))).isEqualTo(1);
        assertThat(said.toString())
                .contains("The signature does not fit")
                .contains("0 objects")
                .doesNotContain("Missing");
    }

    @Test
    void theBucketOfAManifestIsWhatItsFoldersNamesSayAndNotItsOwnKey() throws Exception {
        var id = "01a205bf-0000-7000-8000-000000000001";
        var forger = new Forger();
        copied("secret.txt", "secret".getBytes(StandardCharsets.UTF_8));
        copied("bucket/near.txt", "near".getBytes(StandardCharsets.UTF_8));
        var manifest = forger.write(
                folder.resolve("bucket/results/" + id),
                id,
                "a/b/c/results/" + id + "/manifest.json",
                "../../near.txt",
                "../../../secret.txt");

        assertThat(execute(manifest.toString(), "--key", forger.key())).isEqualTo(1);
        assertThat(said.toString())
                .contains("The manifest names something outside its bucket: ../../../secret.txt")
                .contains("Changed: ../../near.txt")
                .contains("2 problems");
        said.getBuffer().setLength(0);
        assertThat(execute(
                        manifest.toString(),
                        "--key",
                        forger.key(),
                        "--bucket",
                        manifest.resolve("..").normalize().toString()))
                .isEqualTo(1);
        assertThat(said.toString())
                .contains("outside the given folder: ../../near.txt")
                .contains("outside the given folder: ../../../secret.txt");
    }

    @Test
    void whatLiesBehindALinkedFolderIsNotRead() throws Exception {
        var poll = copy();
        var data = folder(poll).resolve("data");
        Files.move(data, folder.resolve("elsewhere"));
        Files.createSymbolicLink(data, folder.resolve("elsewhere"));

        assertThat(verify(poll, "--key", key(client))).isEqualTo(1);
        assertThat(said.toString()).contains("Not a file: data/");
    }

    @Test
    void aManifestInTheFolderOfAnotherPollIsFoundAndItsOwnIsTold() throws Exception {
        var poll = copy();
        var other = "01a205bf-0000-7000-8000-000000000002";
        Files.move(folder(poll), folder(poll).resolveSibling(other));

        assertThat(execute(folder(poll).resolveSibling(other + "/manifest.json").toString(), "--key", key(client)))
                .isEqualTo(1);
        assertThat(said.toString())
                .contains("The manifest is of poll " + id(poll) + ", and the folder is that of poll " + other + ".")
                .contains("Poll " + id(poll) + ", completed "
                        + poll.at("/date_completed").asString() + ".")
                .contains("1 problems");
    }

    @Test
    void nothingThatOthersWroteReachesTheTerminalAsItStands() throws Exception {
        var id = "01a205bf-0000-7000-8000-000000000003";
        var forger = new Forger();
        var manifest = forger.write(folder.resolve(id), id + "\u001b[2J", "x", "a\u001b]0;\u0007\u202eb");
        Files.writeString(folder.resolve(id).resolve("\u001b[31mred"), "");

        assertThat(execute(manifest.toString(), "--key", forger.key())).isEqualTo(1);
        assertThat(said.toString())
                .contains("Missing: a\\u{1b}]0;\\u{7}\\u{202e}b")
                .contains("Not in the manifest: \\u{1b}[31mred")
                .doesNotContain("\u001b")
                .doesNotContain("\u202e");
    }

    @Test
    void noMoreOfASignatureIsReadThanOneCanHave() throws Exception {
        var poll = copy();
        var signature = folder(poll).resolve("manifest.json.sig");
        try (var file = new RandomAccessFile(signature.toFile(), "rw")) {
            file.setLength(8L << 30);
        }

        assertThat(verify(poll, "--key", key(client))).isEqualTo(1);
        assertThat(said.toString()).contains("The signature does not fit");
    }

    @Test
    void aFolderThatCannotBeReadIsAProblemAndNotTheEnd() throws Exception {
        var poll = copy();
        // Deeper than a path may be long, so that nobody can open it, whoever they are.
        var name = "d".repeat(200);
        var deep = folder.resolve("deep");
        var inner = deep;
        for (int i = 0; i < 15; i++) {
            inner = inner.resolve(name);
        }
        Files.createDirectories(inner);
        var outer = folder(poll);
        for (int i = 0; i < 15; i++) {
            outer = outer.resolve(name);
        }
        Files.createDirectories(outer);
        var moved = outer.resolve("deep");
        Files.move(deep, moved);
        try {
            assertThat(verify(poll, "--key", key(client))).isEqualTo(1);
            assertThat(said.toString()).contains("Cannot be read: dddd").contains("1 problems");
        } finally {
            Files.move(moved, deep);
        }
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
        var alone = organisation();
        var name = "template-" + NUMBER.incrementAndGet();
        configure(
                alone,
                JSON.createObjectNode()
                        .put("url", "local://" + name + "/deep/path")
                        .put("key_template", "by-id/{id}/{poll}"));
        var poll = poll(alone, "'data_types': ['mocks.notes']");
        assertThat(JSON.readTree(read(poll)).at("/objects/0/key").asString()).startsWith("../by-id/");

        assertThat(verify(poll, "--key", key(alone))).isZero();
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
        var alone = organisation();
        var poll = poll(alone, "'data_types': ['mocks.notes']");
        var config = alone.get("/configs/storage").expect(200).at("/data/0/id").asString();
        alone.delete("/configs/storage/" + config).expect(200);
        app.db()
                .systemDo(tx -> tx.createUpdate("""
                        update manifest set state = 'pending', date_next = :now
                         where poll = cast(:poll as uuid)
                        """)
                        .bind("now", app.clock().instant())
                        .bind("poll", id(poll))
                        .execute());

        var shown = written(alone, id(poll)).at("/manifest");

        assertThat(shown.at("/state").asString()).isEqualTo("failed");
        assertThat(shown.at("/error").asString()).isEqualTo("storage-failed");
        assertThat(shown.at("/message").asString()).isEqualTo("The storage config was deactivated.");
    }

    @Test
    void anotherKeyIsUsedOnceOneIsRetiredWhichStillProves() throws Exception {
        var alone = organisation();
        var before = poll(alone, "'data_types': ['mocks.notes']");
        long organisation = alone.get("/organisation").expect(200).at("/id").asLong();
        app.db()
                .systemDo(tx -> tx.createUpdate(
                                "update manifest_key set date_retired = :now where organisation = :organisation")
                        .bind("now", app.clock().instant())
                        .bind("organisation", organisation)
                        .execute());
        var after = poll(alone, "'data_types': ['mocks.notes']");

        assertThat(after.at("/manifest/key")).isNotEqualTo(before.at("/manifest/key"));
        var keys = alone.get("/organisation").expect(200).at("/manifest_keys");
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
        var alone = organisation();
        try (var s3 = TestS3.start("my-bucket")) {
            var credentials = JSON.createObjectNode()
                    .put("access_key_id", TestS3.KEYS.id())
                    .put("secret_access_key", TestS3.KEYS.secret().reveal());
            var body = JSON.createObjectNode()
                    .put("url", "s3://my-bucket/results")
                    .put("endpoint", s3.url().toString());
            body.set("credentials", credentials);
            configure(alone, body);
            var poll = poll(alone, "'data_types': ['mocks.notes'], 'file_types': ['mocks.note']");
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
                            key(alone)))
                    .isZero();
        }
    }

    @Test
    void whatLiesAtGoogleIsVerifiedOnceItIsCopied() throws Exception {
        var alone = organisation();
        try (var google = FakeGcs.start("my_bucket")) {
            var body = JSON.createObjectNode()
                    .put("url", "gs://my_bucket/results")
                    .put("endpoint", google.url().toString());
            body.set("credentials", google.serviceAccount());
            configure(alone, body);
            var poll = poll(alone, "'data_types': ['mocks.notes'], 'file_types': ['mocks.note']");
            for (var key : google.keys("my_bucket")) {
                copied(key, google.bytes("my_bucket", key).orElseThrow());
            }

            assertThat(execute(
                            folder.resolve("results/" + id(poll) + "/manifest.json")
                                    .toString(),
                            "--key",
                            key(alone)))
                    .isZero();
        }
    }

    @Test
    void aBucketThatIsAwayDelaysTheManifestAndNothingElse() throws Exception {
        var alone = organisation();
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
        configure(alone, body);
        var poll = poll(alone, "'data_types': ['mocks.notes']");
        app.db()
                .systemDo(tx -> tx.createUpdate("""
                        update manifest set state = 'pending', attempts = 0, date_next = :now
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
        assertThat(alone.get("/polls/" + id(poll)).expect(200).at("/manifest").isNull())
                .isTrue();

        app.clock().advance(Duration.ofDays(4));
        assertThat(written(alone, id(poll)).at("/manifest/state").asString()).isEqualTo("failed");
    }

    @Test
    void aBucketThatHangsHoldsUpItsOwnAloneAndItsWriterIsKnownToBeAlive() throws Exception {
        var s3 = TestS3.start("hanging-bucket");
        var port = s3.port();
        var body = JSON.createObjectNode()
                .put("url", "s3://hanging-bucket/results")
                .put("endpoint", s3.url().toString());
        body.set(
                "credentials",
                JSON.createObjectNode()
                        .put("access_key_id", TestS3.KEYS.id())
                        .put("secret_access_key", TestS3.KEYS.secret().reveal()));
        var hung =
                app.organisation("hung " + NUMBER.incrementAndGet(), Scopes.ALL).client();
        configure(hung, body);
        var polls = new ArrayList<String>();
        for (int i = 0; i < 3; i++) {
            polls.add(id(poll(hung, "'data_types': ['mocks.notes']")));
        }
        s3.close();
        // Takes whoever calls, and never answers.
        try (var _ = new ServerSocket(port, 50, InetAddress.getLoopbackAddress())) {
            polls.forEach(ManifestTest::pend);
            Eventually.eventually("some are begun", () -> attempts(polls) == Manifests.PER_CONFIG);

            assertThat(poll(client, "'data_types': ['mocks.notes']")
                            .at("/manifest/state")
                            .asString())
                    .isEqualTo("available");
            app.clock().advance(Manifests.LEASE.plusSeconds(1));
            poll(client, "'data_types': ['mocks.notes']");
            Eventually.eventually("they are known to be alive", () -> alive(polls) == Manifests.PER_CONFIG);
            assertThat(attempts(polls)).as("nobody else began").isEqualTo(Manifests.PER_CONFIG);
        } finally {
            app.db()
                    .systemDo(tx -> tx.createUpdate("""
                            update manifest set state = 'failed', error = 'storage-failed', writing = false
                             where state = 'pending' and poll = any(cast(:polls as uuid[]))
                            """)
                            .bindArray("polls", String.class, polls)
                            .execute());
        }
    }

    @Test
    void whatGoesWrongOnOurSideIsGivenUpInTheEndToo() {
        var alone = organisation();
        var poll = id(poll(alone, "'data_types': ['mocks.notes']"));
        app.db().systemDo(tx -> tx.createUpdate("""
                        update manifest_key set private_key = '\\x00'
                         where organisation = (select organisation from poll where id = cast(:poll as uuid))
                        """).bind("poll", poll).execute());
        pend(poll);
        Eventually.eventually("it has failed once", () -> attempts(List.of(poll)) == 1 && alive(List.of(poll)) == 0);

        app.clock().advance(Duration.ofDays(4));
        var shown = written(alone, poll).at("/manifest");
        assertThat(shown.at("/state").asString()).isEqualTo("failed");
        assertThat(shown.at("/error").asString()).isEqualTo("internal");
        assertThat(shown.at("/url").isNull()).isTrue();
    }

    @Test
    void aManifestWhoseConfigWasPointedElsewhereOnceItWasBegunIsGivenUp() throws Exception {
        var alone = organisation();
        var poll = poll(alone, "'data_types': ['mocks.notes']");
        var before = read(poll);
        var config = alone.get("/configs/storage").expect(200).at("/data/0/id").asString();
        var name = "manifest-" + NUMBER.get();
        alone.post("/configs/storage/" + config, "{'url': 'local://" + name + "/elsewhere'}")
                .expect(200);
        alone.settled(
                "/configs/storage/" + config, c -> c.at("/state").asString().equals("valid"));
        pend(id(poll));

        var shown = written(alone, id(poll)).at("/manifest");

        assertThat(shown.at("/state").asString()).isEqualTo("failed");
        assertThat(shown.at("/error").asString()).isEqualTo("storage-failed");
        assertThat(shown.at("/message").asString()).startsWith("The storage config was pointed elsewhere");
        assertThat(read(poll)).isEqualTo(before);
    }

    /// As if it were yet to be written.
    private static void pend(String poll) {
        app.db()
                .systemDo(tx -> tx.createUpdate("""
                        update manifest set state = 'pending', attempts = 0, date_next = :now
                         where poll = cast(:poll as uuid)
                        """)
                        .bind("now", app.clock().instant())
                        .bind("poll", poll)
                        .execute());
    }

    private static int attempts(List<String> polls) {
        return app.db()
                .<Integer>system(tx -> tx.createQuery(
                                "select sum(attempts) from manifest where poll = any(cast(:polls as uuid[]))")
                        .bindArray("polls", String.class, polls)
                        .mapTo(Integer.class)
                        .one());
    }

    /// How many are written by somebody whose lease is good.
    private static int alive(List<String> polls) {
        return app.db()
                .<Integer>system(tx -> tx.createQuery("""
                                select count(*) from manifest
                                 where poll = any(cast(:polls as uuid[])) and writing and date_next > :now
                                """)
                        .bindArray("polls", String.class, polls)
                        .bind("now", app.clock().instant())
                        .mapTo(Integer.class)
                        .one());
    }

    /// Signs whatever manifest it likes, with a key that the caller trusts.
    private static final class Forger {
        private final KeyPair pair;

        Forger() throws Exception {
            this.pair = KeyPairGenerator.getInstance(ManifestKeys.ALGORITHM).generateKeyPair();
        }

        String key() {
            return Base64.getEncoder().encodeToString(pair.getPublic().getEncoded());
        }

        /// A manifest of objects of four bytes each, with hashes of nothing.
        Path write(Path folder, String poll, String key, String... objects) throws Exception {
            var node = JSON.createObjectNode()
                    .put("schema", "1")
                    .put("poll", poll)
                    .put("key", key)
                    .put("complete", true);
            node.putObject("signature")
                    .put("key", ManifestKey.id(pair.getPublic().getEncoded()))
                    .put("public_key", key());
            node.putObject("counts").put("objects", objects.length);
            var all = node.putArray("objects");
            for (var object : objects) {
                all.addObject()
                        .put("identifier", object)
                        .put("key", object)
                        .put("size", 4)
                        .put("md5", "")
                        .put("sha256", "");
            }
            var bytes = JSON.writeValueAsBytes(node);
            Files.createDirectories(folder);
            var sha256 = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
            var signing = Signature.getInstance(ManifestKeys.ALGORITHM);
            signing.initSign(pair.getPrivate());
            signing.update(Signed.line(sha256));
            Files.write(folder.resolve("manifest.json.sig"), signing.sign());
            return Files.write(folder.resolve("manifest.json"), bytes);
        }
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
