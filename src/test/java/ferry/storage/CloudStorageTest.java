package ferry.storage;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Vault;
import ferry.testing.AnsweringStore;
import ferry.testing.Client;
import ferry.testing.FakeGcs;
import ferry.testing.TestApp;
import ferry.testing.TestS3;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Buckets in a cloud, over the API: what a client gets to read when one does not work, and what it finds when it
/// does.
class CloudStorageTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static TestApp app;
    private static TestS3 s3;

    private final AnsweringStore store = AnsweringStore.start();
    private final FakeGcs google = FakeGcs.start("my_bucket");

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        s3 = TestS3.start("my-bucket");
        app = TestApp.start();
    }

    @AfterAll
    static void stop() {
        app.close();
        s3.close();
    }

    @AfterEach
    void closed() {
        store.close();
        google.close();
    }

    @Test
    void aPollPublishesToS3AndItsResultsAreDownloadedWhateverTimeTheServiceIsMovedTo() throws Exception {
        var client =
                app.organisation("Publishes to S3", ferry.access.Scopes.ALL).client();
        var config = tested(
                client, with(keys(), s3.url()).put("signed_urls_enabled", true).put("signed_urls_expiry", 300));
        assertThat(config.path("state").asString()).isEqualTo("valid");
        assertThat(config.path("type").asString()).isEqualTo("s3");
        assertThat(config.path("endpoint").asString()).isEqualTo(s3.url().toString());
        assertThat(config.path("credentials").isNull()).isTrue();

        var first = published(client);
        assertThat(first.path("url").asString()).startsWith("s3://my-bucket/results/");
        assertThat(md5(s3.open(
                                "my-bucket",
                                URI.create(first.path("url").asString())
                                        .getPath()
                                        .substring(1))
                        .orElseThrow()
                        .readAllBytes()))
                .isEqualTo(first.path("checksum").asString());
        assertThat(downloaded(first)).isEqualTo(first.path("checksum").asString());

        // Stores have another clock than one that is moved.
        app.clock().advance(Duration.ofHours(2));
        var renewed = client.get("/results/" + first.path("id").asString()).expect(200);
        assertThat(downloaded(renewed)).isEqualTo(first.path("checksum").asString());
        assertThat(Instant.parse(renewed.at("/signed_url/date_expires").asString()))
                .isBetween(Instant.now(), Instant.now().plusSeconds(301));
        var second = published(client);
        assertThat(downloaded(second)).isEqualTo(second.path("checksum").asString());
    }

    @Test
    void aPollPublishesToGoogleWithTheDocumentedRolesAlone() throws Exception {
        google.permit(Set.of("storage.objects.create", "storage.objects.list"));
        var client =
                app.organisation("Publishes to Google", ferry.access.Scopes.ALL).client();
        var config = tested(client, google(google.serviceAccount()).put("signed_urls_enabled", true));
        assertThat(config.path("state").asString()).isEqualTo("valid");
        assertThat(config.path("message").asString())
                .startsWith(
                        "Service account " + FakeGcs.EMAIL + " may not delete or replace objects of bucket my_bucket:")
                .contains("Results are published all the same");

        var first = published(client);
        assertThat(first.path("url").asString()).startsWith("gs://my_bucket/results/");
        google.permit(Set.of("storage.objects.create", "storage.objects.list", "storage.objects.get"));
        assertThat(downloaded(first)).isEqualTo(first.path("checksum").asString());
    }

    /// Where the config points now lies something else, or nothing.
    @Test
    void whatLiesWhereTheConfigPointedBeforeHasNoSignedUrl() {
        s3.create("another-bucket");
        var client = app.organisation("Moves on", ferry.access.Scopes.ALL).client();
        var config = tested(client, with(keys(), s3.url()).put("signed_urls_enabled", true));
        var first = published(client);
        assertThat(first.at("/signed_url/url").asString()).startsWith(s3.url() + "/my-bucket/results/");

        changed(
                client,
                config,
                with(keys(), s3.url()).put("url", "s3://another-bucket").toString());

        assertThat(client.get("/results/" + first.path("id").asString())
                        .expect(200)
                        .path("signed_url")
                        .isNull())
                .isTrue();
    }

    @Test
    void credentialsOfOneStoreGoToNoOther() {
        var s3Config = tested(app.client(), with(keys(), s3.url()));
        var googleConfig = tested(app.client(), google(google.serviceAccount()));

        for (var config : List.of(s3Config, googleConfig)) {
            var path = "/configs/storage/" + config.path("id").asString();
            for (var endpoint : List.of(store.url().toString(), "")) {
                var refused = app.client()
                        .post(path, "{'endpoint': '" + endpoint + "'}")
                        .expect(400);
                assertThat(refused.at("/params/credentials/0").asString())
                        .isEqualTo("is required again where the endpoint changes");
            }
            assertThat(app.client().get(path).expect(200).path("endpoint")).isEqualTo(config.path("endpoint"));
            app.client()
                    .post(path, "{'endpoint': '" + config.path("endpoint").asString() + "'}")
                    .expect(200);
        }
        var moved = changed(app.client(), s3Config, with(keys(), store.url()).toString());
        assertThat(moved.path("endpoint").asString()).isEqualTo(store.url().toString());
    }

    @Test
    void onlyCredentialsThatAreReadAreKept() {
        var s3Config = tested(app.client(), with(keys().put("password", "of the console"), s3.url()));
        assertThat(kept(s3Config)).contains("secret_access_key").doesNotContain("console", "user_name", "password");
        var googleConfig = tested(app.client(), google(google.serviceAccount()));
        assertThat(kept(googleConfig)).contains("private_key", "token_uri").doesNotContain("project_id", "auth_uri");

        var local = changed(app.client(), s3Config, "{'url': 'local://no-credentials-any-more'}");
        assertThat(local.path("state").asString()).isEqualTo("valid");
        assertThat(config(local).credentials()).isEmpty();
    }

    /// What is sealed of a config's credentials.
    private static String kept(JsonNode shown) {
        var config = config(shown);
        return new Vault(app.db(), app.app().organisations(), app.master().sealer())
                .open(app.first().id(), config.credentials().orElseThrow(), config.credentialsContext())
                .reveal();
    }

    private static StorageConfig config(JsonNode shown) {
        var organisation = app.first().id();
        long id = Long.parseLong(shown.path("id").asString());
        return app.db()
                .tenant(organisation, tx -> new StorageConfigs(app.clock()).find(tx, organisation, id))
                .orElseThrow();
    }

    @Test
    void aStoreThatGivesBackSomethingElseIsSaid() {
        store.says("GET", 200, Map.of(), "something else");

        assertInvalid(with(keys(), store.url()), "The bucket does not give back what was written to it.");
    }

    /// What only cleaning up needs is no reason not to publish.
    @ParameterizedTest
    @CsvSource({
        "GET uploads, list the unfinished uploads to, s3:ListBucketMultipartUploads, ''",
        "DELETE uploadId, abort unfinished uploads to, s3:AbortMultipartUpload, /*",
        "GET list-type, list the objects of, s3:ListBucket, ''"
    })
    void aPermissionThatOnlyCleaningUpNeedsIsNoted(String request, String words, String permission, String what) {
        store.refuses(request, 403, "AccessDenied");

        var config = tested(app.client(), with(keys(), store.url()));

        assertThat(config.path("state").asString()).isEqualTo("valid");
        assertThat(config.path("message").asString())
                .startsWith("The access key may not " + words + " bucket my-bucket: it lacks the permission "
                        + permission + " on arn:aws:s3:::my-bucket" + what + ". What ");
    }

    @Test
    void keysAreMadeAsTheTemplateSays() {
        var client = app.organisation("Has a template", ferry.access.Scopes.ALL).client();
        var config = tested(client, with(keys(), s3.url()).put("key_template", "ferry/{poll}-{id}/{name}"));
        assertThat(config.path("key_template").asString()).isEqualTo("ferry/{poll}-{id}/{name}");

        assertThat(published(client).path("url").asString())
                .matches("s3://my-bucket/results/ferry/[0-9a-f-]{36}-[0-9a-f]{32}/1\\.json");
    }

    @Test
    void anUnknownBucketIsSaid() {
        assertInvalid(
                with(keys(), s3.url()).put("url", "s3://nowhere"),
                "There is no bucket nowhere at " + s3.url().getAuthority() + ".");
        assertInvalid(
                google(google.serviceAccount()).put("url", "gs://nowhere"),
                "There is no bucket nowhere at " + google.url().getAuthority() + ".");
    }

    @Test
    void aKeyThatTheStoreDoesNotKnowIsSaid() {
        assertInvalid(
                with(keys().put("access_key_id", "AKIAUNKNOWN"), s3.url()),
                s3.url().getAuthority()
                        + " does not know this access_key_id; it may have been deleted or belong to another"
                        + " store.");
    }

    @Test
    void aSecretThatDoesNotFitIsSaid() {
        assertInvalid(
                with(keys().put("secret_access_key", "wrong"), s3.url()),
                "The secret_access_key does not belong to this access_key_id: "
                        + s3.url().getAuthority() + " found that the signature does not match.");
    }

    @Test
    void theRightRegionIsSaid() {
        var expected = "Bucket my-bucket is in region eu-west-1, not in us-east-1; set region to eu-west-1.";
        store.refuses(
                "PUT",
                301,
                "PermanentRedirect",
                "The bucket you are attempting to access must be addressed using the specified endpoint.",
                Map.of("x-amz-bucket-region", "eu-west-1"),
                "");
        assertInvalid(with(keys(), store.url()).put("region", "us-east-1"), expected);
        store.refuses(
                "PUT",
                400,
                "AuthorizationHeaderMalformed",
                "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'",
                Map.of(),
                "<Region>eu-west-1</Region>");
        assertInvalid(with(keys(), store.url()).put("region", "us-east-1"), expected);
    }

    @ParameterizedTest
    @CsvSource({
        "PUT, write objects to, s3:PutObject",
        "HEAD, read objects of, s3:GetObject",
        "DELETE, delete objects of, s3:DeleteObject"
    })
    void theMissingPermissionIsSaid(String method, String words, String permission) {
        store.refuses(method, 403, "AccessDenied");

        assertInvalid(
                with(keys(), store.url()),
                "The access key may not " + words + " bucket my-bucket: it lacks the permission " + permission
                        + " on arn:aws:s3:::my-bucket/*.");
    }

    @Test
    void aTestThatFailsLeavesNothingIfItCan() {
        store.refuses("HEAD", 403, "AccessDenied");
        var config = tested(app.client(), with(keys(), store.url()));

        assertThat(config.path("state").asString()).isEqualTo("invalid");
        assertThat(store.deleted()).isEqualTo(1);
    }

    @Test
    void aClockThatIsWrongIsSaid() {
        store.refuses(
                "PUT",
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
                Map.of("Date", "Sun, 22 Nov 2026 10:00:00 GMT"),
                "");

        assertInvalid(
                with(keys(), store.url()),
                " GMT: " + store.url().getAuthority()
                        + " accepts no request that is more than 15 minutes off. The operator must set the clock.");
        google.clockOff(Duration.ofHours(2));
        assertInvalid(
                google(google.serviceAccount()), "which Google does not accept. The operator must set the clock.");
    }

    @Test
    void temporaryKeysThatHaveEndedAreSaid() {
        store.refuses("PUT", 400, "ExpiredToken");

        assertInvalid(
                with(keys().put("session_token", "FwoGZXIvYXdzEBY"), store.url()),
                "The session_token has expired; temporary keys end with it.");
    }

    @Test
    void aRoleThatMayNotBeAssumedIsSaid() {
        store.refuses("POST", 403, "AccessDenied");

        assertInvalid(
                with(keys(), store.url()).put("role_arn", "arn:aws:iam::123456789012:role/ferry"),
                "The access key may not assume role_arn arn:aws:iam::123456789012:role/ferry: allow it sts:AssumeRole, and"
                        + " trust it in the role, with the same external_id.");
    }

    @Test
    void aRoleIsAssumedAndItsKeysAreUsed() {
        store.saysOnce("POST", 503);
        store.says("POST", 200, Map.of(), """
                <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
                <AccessKeyId>ASIAIOSFODNN7EXAMPLE</AccessKeyId><SecretAccessKey>wJalrXUtnFEMI</SecretAccessKey>
                <SessionToken>AQoDYXdzEPT</SessionToken><Expiration>2099-11-09T13:34:41Z</Expiration>
                </Credentials></AssumeRoleResult></AssumeRoleResponse>""");
        var config = tested(
                app.client(),
                with(keys().put("external_id", "of ours"), store.url())
                        .put("role_arn", "arn:aws:iam::123456789012:role/ferry"));

        assertThat(config.path("state").asString()).isEqualTo("valid");
        assertThat(store.posted().getFirst()).contains("Action=AssumeRole", "role%2Fferry", "ExternalId=of+ours");
    }

    /// What stands in front of a store and waited too long for it answers 408.
    @ParameterizedTest
    @CsvSource({"503, SlowDown", "408, InvalidRequest"})
    void aStoreThatIsBusyIsUnreachableForNow(int status, String code) {
        store.refuses("PUT", status, code);

        var config = tested(app.client(), with(keys(), store.url()));

        assertThat(config.path("error").asString()).isEqualTo("storage-unreachable");
        assertThat(config.path("message").asString()).endsWith("is too busy or out of order at the moment.");
    }

    @Test
    void aGoogleThatIsBusyIsUnreachableForNow() {
        for (int i = 0; i < 100; i++) {
            google.fail("POST", "/upload/", i % 2 == 0 ? 503 : 429);
        }

        var config = tested(app.client(), google(google.serviceAccount()));

        assertThat(config.path("error").asString()).isEqualTo("storage-unreachable");
        assertThat(config.path("message").asString()).endsWith("is too busy or out of order at the moment.");
    }

    @Test
    void aTokenEndpointThatIsNotThereIsSaid() throws IOException {
        int closed;
        try (var socket = new ServerSocket(0)) {
            closed = socket.getLocalPort();
        }

        assertInvalid(
                google(google.serviceAccount().put("token_uri", "http://127.0.0.1:" + closed + "/token")),
                "Nothing answers at 127.0.0.1:" + closed + ": the connection was refused.");
    }

    @Test
    void aStoreThatIsNotThereIsSaid() throws IOException {
        int closed;
        try (var socket = new ServerSocket(0)) {
            closed = socket.getLocalPort();
        }
        var nobody = URI.create("http://127.0.0.1:" + closed);

        assertInvalid(with(keys(), nobody), "Nothing answers at 127.0.0.1:" + closed + ": the connection was refused.");
        assertInvalid(
                google(google.serviceAccount()).put("endpoint", nobody.toString()),
                "Nothing answers at 127.0.0.1:" + closed + ": the connection was refused.");
    }

    @Test
    void aNameWithoutAnAddressIsSaid() {
        assertInvalid(
                with(keys(), URI.create("https://no-such-store.invalid")),
                "The name of no-such-store.invalid has no address; look at the endpoint's spelling.");
    }

    @Test
    void whatIsSaidOfAnEndpointIsSaidOfGooglesToo() {
        assertInvalid(
                google(google.serviceAccount()).put("endpoint", "https://no-such-store.invalid"),
                "The name of no-such-store.invalid has no address; look at the endpoint's spelling.");
        assertInvalid(
                google(google.serviceAccount()).put("endpoint", "https://10.1.2.3"),
                "This service may not connect to 10.1.2.3: 10.1.2.3:443 leads to an address that is not in the open"
                        + " internet; if it is meant, list it in FERRY_EGRESS_ALLOW.");
        assertInvalid(
                google(google.serviceAccount()).put("endpoint", "https://127.0.0.1:" + s3.port()),
                "127.0.0.1:" + s3.port()
                        + " does not speak TLS as https needs it; look at the endpoint's scheme and port.");
    }

    @Test
    void aTokenEndpointThatTheOperatorDoesNotAllowIsSaid() {
        assertInvalid(
                google(google.serviceAccount().put("token_uri", "https://10.1.2.3/token")),
                "This service may not connect to 10.1.2.3: 10.1.2.3:443 leads to an address that is not in the open"
                        + " internet; if it is meant, list it in FERRY_EGRESS_ALLOW.");
    }

    @Test
    void anAddressThatTheOperatorDoesNotAllowIsSaid() {
        assertInvalid(
                with(keys(), URI.create("https://10.1.2.3:9000")),
                "This service may not connect to 10.1.2.3:9000: 10.1.2.3:9000 leads to an address that is not in the open"
                        + " internet; if it is meant, list it in FERRY_EGRESS_ALLOW.");
    }

    @Test
    void aStoreThatSpeaksNoTlsIsSaid() {
        assertInvalid(
                with(keys(), URI.create("https://127.0.0.1:" + s3.port())),
                "127.0.0.1:" + s3.port()
                        + " does not speak TLS as https needs it; look at the endpoint's scheme and port.");
    }

    @Test
    void aStoresOwnAuthorityIsTrustedWhereItIsGiven() throws Exception {
        var keystore = folder.resolve("store.p12");
        keytool(
                "-genkeypair",
                "-keystore",
                keystore.toString(),
                "-alias",
                "store",
                "-keyalg",
                "EC",
                "-dname",
                "CN=store",
                "-ext",
                "san=ip:127.0.0.1",
                "-ext",
                "bc=ca:true");
        keytool(
                "-exportcert",
                "-rfc",
                "-keystore",
                keystore.toString(),
                "-alias",
                "store",
                "-file",
                folder.resolve("store.pem").toString());
        try (var secure = TestS3.startSecure("my-bucket", keystore, "changeit")) {
            assertInvalid(
                    with(keys(), secure.secureUrl()),
                    "was not issued by an authority that is trusted here; a store's own authority is given as"
                            + " ca_certificate, in PEM.");
            var config = tested(
                    app.client(),
                    with(
                            keys().put("ca_certificate", Files.readString(folder.resolve("store.pem"))),
                            secure.secureUrl()));
            assertThat(config.path("state").asString()).isEqualTo("valid");
            assertInvalid(
                    with(
                            keys().put("ca_certificate", Files.readString(folder.resolve("store.pem"))),
                            URI.create("https://localhost:" + secure.secureUrl().getPort())),
                    "The certificate of localhost:" + secure.secureUrl().getPort() + " is for another name.");
        }
        try (var secure = FakeGcs.startSecure("my_bucket", keystore, "changeit")) {
            var account = secure.serviceAccount();
            var body = google(account).put("endpoint", secure.url().toString());
            assertInvalid(
                    body,
                    "was not issued by an authority that is trusted here; a store's own authority is given as"
                            + " ca_certificate, in PEM.");
            account.put("ca_certificate", Files.readString(folder.resolve("store.pem")));
            assertThat(tested(app.client(), body).path("state").asString()).isEqualTo("valid");
        }
        assertThatOneThatHasExpiredIsSaid(keystore, folder.resolve("store.pem"));
    }

    /// Issued by the store's authority, which is trusted, and run out since.
    private static void assertThatOneThatHasExpiredIsSaid(Path keystore, Path authority) throws Exception {
        keytool(
                "-genkeypair",
                "-keystore",
                keystore.toString(),
                "-alias",
                "expired",
                "-signer",
                "store",
                "-keyalg",
                "EC",
                "-dname",
                "CN=expired",
                "-ext",
                "san=ip:127.0.0.1",
                "-startdate",
                "-10d",
                "-validity",
                "5");
        keytool("-delete", "-keystore", keystore.toString(), "-alias", "store");
        try (var secure = TestS3.startSecure("my-bucket", keystore, "changeit")) {
            assertInvalid(
                    with(keys().put("ca_certificate", Files.readString(authority)), secure.secureUrl()),
                    "The certificate of 127.0.0.1:" + secure.secureUrl().getPort() + " has expired.");
        }
    }

    @Test
    void aServiceAccountThatWasDeletedIsSaid() {
        google.forgetTheAccount();

        assertInvalid(
                google(google.serviceAccount()),
                "Google knows no service account " + FakeGcs.EMAIL + "; it may have been deleted.");
    }

    @Test
    void aKeyOfTheAccountThatWasDeletedIsSaid() {
        assertInvalid(
                google(google.withAnotherKey()),
                "The private_key does not belong to service account " + FakeGcs.EMAIL
                        + ": Google found that the signature does not match; the key may have been deleted.");
    }

    @ParameterizedTest
    @CsvSource({
        "storage.objects.create, create objects in, Storage Object Creator",
        "storage.objects.list, list objects of, Storage Legacy Bucket Reader"
    })
    void theMissingRoleIsSaid(String permission, String words, String role) {
        var others = new java.util.HashSet<>(FakeGcs.EVERYTHING);
        others.remove(permission);
        google.permit(Set.copyOf(others));

        assertInvalid(
                google(google.serviceAccount()),
                "Service account " + FakeGcs.EMAIL + " may not " + words + " bucket my_bucket: it lacks the permission "
                        + permission + ", which the role " + role + " brings.");
    }

    @Test
    void whatCannotBeIsRefusedAtOnce() {
        assertRefused(keysOnly("{}"), "credentials.access_key_id", "is required");
        assertRefused(
                keysOnly("{'access_key_id': 'A', 'secret_access_key': 'S', 'role_arn': 'x'}"),
                "credentials.role_arn",
                "is not the ARN of a role");
        assertRefused(
                keysOnly("{'access_key_id': 'A', 'secret_access_key': 'S', 'ca_certificate': 'x'}"),
                "credentials.ca_certificate",
                "holds no certificate in PEM");
        assertRefused(
                with(keys(), URI.create("http://example.com")),
                "endpoint",
                "is not an https URL, and the operator has not listed it for plain http");
        assertRefused(
                with(keys(), URI.create("https://example.com/a?b")),
                "endpoint",
                "is not a URL of scheme, host and port alone");
        assertRefused(
                with(keys(), s3.url()).put("key_template", "{poll}/{name}"),
                "key_template",
                "must hold {poll} and {id}, or two objects could meet under one key");
        assertRefused(
                with(keys(), s3.url()).put("region", "Europe!"),
                "region",
                "is not the name of a region, such as eu-west-1");
        assertRefused(with(keys(), s3.url()).put("ca_certificate", -1), "ca_certificate", "is not a text");
        var withoutAny = JSON.createObjectNode().put("url", "s3://my-bucket");
        assertRefused(withoutAny, "credentials", "is required");
        assertRefused(
                google(google.serviceAccount().put("private_key", "none")),
                "credentials.private_key",
                "is not an RSA key in PKCS #8 as Google's JSON file holds it");
    }

    @Test
    void noSecretIsEverShown() {
        var answer =
                app.client().post("/configs/storage", with(keys(), s3.url()).toString());

        assertThat(answer.text()).doesNotContain(TestS3.KEYS.secret().reveal());
        assertThat(app.client().get("/configs/storage").text())
                .doesNotContain(TestS3.KEYS.secret().reveal())
                .doesNotContain("PRIVATE KEY");
    }

    private static ObjectNode keys() {
        // as ricloud-py sends the user's CSV
        return JSON.createObjectNode()
                .put("user_name", "ferry")
                .put("password", "")
                .put("access_key_id", TestS3.KEYS.id())
                .put("secret_access_key", TestS3.KEYS.secret().reveal())
                .put("console_login_link", "https://123456789012.signin.aws.amazon.com/console");
    }

    private static ObjectNode with(ObjectNode credentials, URI endpoint) {
        var body = JSON.createObjectNode().put("url", "s3://my-bucket/results").put("endpoint", endpoint.toString());
        body.set("credentials", credentials);
        return body;
    }

    private static ObjectNode keysOnly(String credentials) {
        return with((ObjectNode) JSON.readTree(credentials.replace('\'', '"')), s3.url());
    }

    private ObjectNode google(ObjectNode account) {
        var body = JSON.createObjectNode()
                .put("url", "gs://my_bucket/results")
                .put("endpoint", google.url().toString());
        body.set("credentials", account);
        return body;
    }

    private static JsonNode tested(Client client, ObjectNode body) {
        var request = client.request("/configs/storage").POST(HttpRequest.BodyPublishers.ofString(body.toString()));
        var id = Client.send(request).expect(201).path("id").asString();
        return client.settled(
                "/configs/storage/" + id, c -> !c.path("state").asString().equals("new"));
    }

    /// Changes a config and waits for its test.
    private static JsonNode changed(Client client, JsonNode config, String body) {
        var path = "/configs/storage/" + config.path("id").asString();
        client.post(path, body).expect(200);
        return client.settled(path, c -> !c.path("state").asString().equals("new"));
    }

    private static void assertInvalid(ObjectNode body, String message) {
        var config = tested(app.client(), body);
        assertThat(config.path("state").asString()).isEqualTo("invalid");
        assertThat(config.path("message").asString()).endsWith(message);
    }

    private static void assertRefused(ObjectNode body, String field, String what) {
        var request =
                app.client().request("/configs/storage").POST(HttpRequest.BodyPublishers.ofString(body.toString()));
        var answer = Client.send(request).expect(400);
        assertThat(answer.path("params").path(field).path(0).asString()).isEqualTo(what);
    }

    /// The result of a poll for one info type.
    private static JsonNode published(Client client) {
        var session = client.activeSession("plain@sandbox.example");
        var poll = client.completedPoll(session, "'info_types': ['icloud.account']");
        assertThat(poll.path("state").asString()).isEqualTo("completed");
        return client.get("/polls/" + poll.path("id").asString() + "/results")
                .expect(200)
                .at("/data/0");
    }

    private static String downloaded(JsonNode result) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            var url = URI.create(result.at("/signed_url/url").asString());
            var answer = http.send(HttpRequest.newBuilder(url).build(), BodyHandlers.ofByteArray());
            assertThat(answer.statusCode()).isEqualTo(200);
            return md5(answer.body());
        }
    }

    private static String md5(byte[] bytes) throws IOException {
        return Intake.md5Hex(new java.io.ByteArrayInputStream(bytes));
    }

    private static void keytool(String... arguments) throws Exception {
        var command = new java.util.ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
        command.addAll(List.of(arguments));
        command.addAll(List.of("-storepass", "changeit", "-storetype", "PKCS12", "-J-XX:TieredStopAtLevel=1"));
        var run = new ProcessBuilder(command).redirectErrorStream(true).start();
        var said = new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(run.waitFor()).as(said).isZero();
    }
}
