package ferry.sandbox.s3;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkGlobalTime;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/// The simulated store as the SDK of the real one sees it.
class S3ServerTest {
    private static final String BUCKET = S3Server.BUCKET;

    @TempDir
    Path folder;

    private final AtomicReference<Instant> time = new AtomicReference<>(Instant.now());
    private S3Server server;
    private S3Client client;

    @BeforeEach
    void start() throws IOException {
        server = S3Server.start("127.0.0.1", 0, folder, time::get);
        client = client(S3Server.SECRET_ACCESS_KEY, "us-east-1");
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.txt", "Été/a b+c%2F*~'(1).txt", "one//two/", "../up", "\uD83D\uDE80 emoji", "a=b&c?d#e"})
    void anyKeyHoldsItsObject(String key) {
        client.putObject(
                it -> it.bucket(BUCKET).key(key).contentType("text/x").metadata(Map.of("ferry-name", "a  b")),
                RequestBody.fromString("bytes"));

        var read = client.getObjectAsBytes(it -> it.bucket(BUCKET).key(key));
        assertThat(read.asUtf8String()).isEqualTo("bytes");
        assertThat(read.response().contentType()).isEqualTo("text/x");
        assertThat(read.response().metadata()).containsEntry("ferry-name", "a  b");
        var head = client.headObject(it -> it.bucket(BUCKET).key(key));
        assertThat(head.contentLength()).isEqualTo(5);
        assertThat(head.eTag()).isEqualTo("\"4b3a6218bb3e3a7303e8a171a60fcf92\"");
        assertThat(server.keys(BUCKET)).containsExactly(key);
        assertThat(client.listObjectsV2(it -> it.bucket(BUCKET)).contents())
                .extracting(S3Object::key)
                .containsExactly(key);

        client.deleteObject(it -> it.bucket(BUCKET).key(key));
        assertThat(server.keys(BUCKET)).isEmpty();
        assertThat(refused(() -> client.getObjectAsBytes(it -> it.bucket(BUCKET).key(key))))
                .isEqualTo("404 NoSuchKey");
    }

    @Test
    void aRangeIsAPartOfTheObject() {
        put("a", "0123456789");

        assertThat(client.getObjectAsBytes(it -> it.bucket(BUCKET).key("a").range("bytes=2-4"))
                        .asUtf8String())
                .isEqualTo("234");
        assertThat(client.getObjectAsBytes(it -> it.bucket(BUCKET).key("a").range("bytes=8-"))
                        .asUtf8String())
                .isEqualTo("89");
        assertThat(refused(() ->
                        client.getObjectAsBytes(it -> it.bucket(BUCKET).key("a").range("bytes=10-"))))
                .isEqualTo("416 InvalidRange");
    }

    @Test
    void aListingGoesPageByPage() {
        for (var key : List.of("a/1", "a/2", "b", "c/1", "c/2", "d")) {
            put(key, key);
        }

        var keys = client.listObjectsV2Paginator(it -> it.bucket(BUCKET).maxKeys(2)).contents().stream()
                .map(S3Object::key)
                .toList();
        assertThat(keys).containsExactly("a/1", "a/2", "b", "c/1", "c/2", "d");
        assertThat(client.listObjectsV2(it -> it.bucket(BUCKET).prefix("c/")).contents())
                .hasSize(2);
        var tops = new ArrayList<String>();
        client.listObjectsV2Paginator(it -> it.bucket(BUCKET).delimiter("/").maxKeys(1))
                .forEach(page -> {
                    page.contents().forEach(it -> tops.add(it.key()));
                    page.commonPrefixes().forEach(it -> tops.add(it.prefix()));
                });
        assertThat(tops).containsExactly("a/", "b", "c/", "d");
    }

    @Test
    void partsBecomeOneObjectInTheirOrder() throws Exception {
        var upload = client.createMultipartUpload(it -> it.bucket(BUCKET).key("film"))
                .uploadId();
        var second = part(upload, 2, "end");
        var first = part(upload, 1, "x".repeat((int) Bucket.SMALLEST_PART));
        assertThat(client.listMultipartUploads(it -> it.bucket(BUCKET)).uploads())
                .hasSize(1);
        assertThat(server.keys(BUCKET)).isEmpty();

        assertThat(refused(() -> complete(upload, second, first))).isEqualTo("400 InvalidPartOrder");
        assertThat(refused(() -> complete(upload, first.copy(it -> it.eTag(second.eTag())))))
                .isEqualTo("400 InvalidPart");
        complete(upload, first, second);

        assertThat(client.headObject(it -> it.bucket(BUCKET).key("film")).contentLength())
                .isEqualTo(Bucket.SMALLEST_PART + 3);
        assertThat(client.headObject(it -> it.bucket(BUCKET).key("film")).eTag())
                .endsWith("-2\"");
        assertThat(server.unfinished(BUCKET)).isZero();
        assertThat(refused(() -> complete(upload, first, second))).isEqualTo("404 NoSuchUpload");
        try (var files = Files.list(folder)) {
            assertThat(files).as("the parts' bytes are gone").hasSize(1);
        }
    }

    @Test
    void smallPartsMakeNoObject() {
        var upload = client.createMultipartUpload(it -> it.bucket(BUCKET).key("film"))
                .uploadId();
        var first = part(upload, 1, "small");
        var second = part(upload, 2, "end");

        assertThat(refused(() -> complete(upload, first, second))).isEqualTo("400 EntityTooSmall");

        client.abortMultipartUpload(it -> it.bucket(BUCKET).key("film").uploadId(upload));
        assertThat(server.unfinished(BUCKET)).isZero();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void whatIsNotWhatItSaysIsNotStored() {
        assertThat(refused(() -> client.putObject(
                        it -> it.bucket(BUCKET).key("a").contentMD5("XrY7u+Ae7tCTyyK7j1rNww=="),
                        RequestBody.fromString("other"))))
                .isEqualTo("400 BadDigest");
        assertThat(server.keys(BUCKET)).isEmpty();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void keysThatAreWrongOpenNothing() throws Exception {
        try (var stranger = client("another secret", "us-east-1")) {
            assertThat(refused(() -> stranger.listObjectsV2(it -> it.bucket(BUCKET))))
                    .isEqualTo("403 SignatureDoesNotMatch");
        }
        assertThat(get(URI.create(server.url() + "/" + BUCKET + "/a")).statusCode())
                .isEqualTo(403);
        time.set(Instant.now().plus(Duration.ofMinutes(16)));
        try {
            assertThat(refused(() -> client.listObjectsV2(it -> it.bucket(BUCKET))))
                    .isEqualTo("403 RequestTimeTooSkewed");
        } finally {
            // the SDK has set the clock of this whole process by the store's
            SdkGlobalTime.setGlobalTimeOffset(0);
        }
    }

    @Test
    void aSignedAddressOpensOneObjectUntilItExpires() throws Exception {
        put("Été +1.jpg", "a photo");
        var signed = signed("Été +1.jpg");

        assertThat(get(signed).body()).isEqualTo("a photo");
        assertThat(get(URI.create(signed.toString().replace("Expires=60", "Expires=61")))
                        .statusCode())
                .isEqualTo(403);
        assertThat(write(signed).statusCode()).isEqualTo(403);
        time.set(Instant.now().plusSeconds(120));
        assertThat(get(signed).statusCode()).isEqualTo(403);
    }

    @Test
    void badBucketsRefuseAsBadlySetUpOnesDo() {
        assertThat(refused(() -> put("no-writes", "a", "b"))).isEqualTo("403 AccessDenied");
        put("no-deletes", "a", "b");
        assertThat(refused(
                        () -> client.deleteObject(it -> it.bucket("no-deletes").key("a"))))
                .isEqualTo("403 AccessDenied");
        assertThat(refused(() -> put("elsewhere", "a", "b"))).isEqualTo("400 AuthorizationHeaderMalformed");
        try (var there = client(S3Server.SECRET_ACCESS_KEY, "eu-central-1")) {
            there.putObject(it -> it.bucket("elsewhere").key("a"), RequestBody.fromString("b"));
        }
        assertThat(refused(() -> put("nobody-made-it", "a", "b"))).isEqualTo("404 NoSuchBucket");
        put("busy", "a", "1");
        put("busy", "b", "2");
        assertThat(refused(() -> put("busy", "c", "3"))).isEqualTo("503 SlowDown");
    }

    @Test
    void aBucketCanBeMade() {
        var name = "made-" + UUID.randomUUID();
        client.createBucket(it -> it.bucket(name));

        put(name, "a", "b");

        assertThat(server.keys(name)).containsExactly("a");
        assertThat(refused(() -> client.createBucket(it -> it.bucket(name)))).startsWith("409");
    }

    @Test
    void whatItDoesNotDoItSays() {
        assertThatThrownBy(() -> client.copyObject(it -> it.sourceBucket(BUCKET)
                        .sourceKey("a")
                        .destinationBucket(BUCKET)
                        .destinationKey("b")))
                .isInstanceOfSatisfying(
                        S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(501));
    }

    private CompletedPart part(String upload, int number, String bytes) {
        var sent = client.uploadPart(
                it -> it.bucket(BUCKET).key("film").uploadId(upload).partNumber(number), RequestBody.fromString(bytes));
        return CompletedPart.builder().partNumber(number).eTag(sent.eTag()).build();
    }

    private void complete(String upload, CompletedPart... parts) {
        client.completeMultipartUpload(
                it -> it.bucket(BUCKET).key("film").uploadId(upload).multipartUpload(all -> all.parts(parts)));
    }

    private void put(String key, String bytes) {
        put(BUCKET, key, bytes);
    }

    private void put(String bucket, String key, String bytes) {
        client.putObject(it -> it.bucket(bucket).key(key), RequestBody.fromString(bytes));
    }

    private URI signed(String key) {
        try (var signer = S3Presigner.builder()
                .endpointOverride(server.url())
                .region(Region.US_EAST_1)
                .serviceConfiguration(
                        S3Configuration.builder().pathStyleAccessEnabled(true).build())
                .credentialsProvider(credentials(S3Server.SECRET_ACCESS_KEY))
                .build()) {
            return URI.create(signer.presignGetObject(it -> it.signatureDuration(Duration.ofMinutes(1))
                            .getObjectRequest(get -> get.bucket(BUCKET).key(key)))
                    .url()
                    .toString());
        }
    }

    private S3Client client(String secret, String region) {
        return S3Client.builder()
                .endpointOverride(server.url())
                .region(Region.of(region))
                .forcePathStyle(true)
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .serviceConfiguration(it -> it.chunkedEncodingEnabled(false))
                .overrideConfiguration(it -> it.retryStrategy(retry -> retry.maxAttempts(1)))
                .credentialsProvider(credentials(secret))
                .httpClient(UrlConnectionHttpClient.create())
                .build();
    }

    private static StaticCredentialsProvider credentials(String secret) {
        return StaticCredentialsProvider.create(AwsBasicCredentials.create(S3Server.ACCESS_KEY_ID, secret));
    }

    private static String refused(Runnable call) {
        try {
            call.run();
        } catch (S3Exception e) {
            return e.statusCode() + " " + e.awsErrorDetails().errorCode();
        }
        return "accepted";
    }

    private static HttpResponse<String> get(URI url) throws Exception {
        return send(HttpRequest.newBuilder(url).build());
    }

    private static HttpResponse<String> write(URI url) throws Exception {
        return send(HttpRequest.newBuilder(url)
                .PUT(BodyPublishers.ofString("mine", UTF_8))
                .build());
    }

    private static HttpResponse<String> send(HttpRequest request) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            return http.send(request, BodyHandlers.ofString());
        }
    }
}
