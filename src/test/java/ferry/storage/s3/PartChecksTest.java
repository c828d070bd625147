package ferry.storage.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import ferry.crypto.Secret;
import ferry.sandbox.s3.S3Server;
import ferry.testing.TestS3;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

class PartChecksTest {
    private static final String KEY = "results/2026/film.mov";

    @TempDir
    Path folder;

    @Test
    void aStoreThatRefusesAWrongCrcIsTrustedWithIt() {
        try (var server = TestS3.start("bucket");
                var client = client(server.url(), TestS3.KEYS)) {
            var checks = new PartChecks(store("bucket", Optional.of(server.url()), TestS3.KEYS));

            assertThat(checks.forObject(client, KEY)).isEqualTo(PartCheck.CRC32C);
            assertThat(server.unfinished("bucket")).isZero();
        }
    }

    /// This one knows nothing of CRCs and takes the part.
    @Test
    void aStoreThatTakesAWrongCrcGetsMd5s() throws Exception {
        var keys = new AccessKeys(
                S3Server.ACCESS_KEY_ID,
                new Secret(S3Server.SECRET_ACCESS_KEY),
                Optional.empty(),
                Optional.empty(),
                List.of());
        try (var server = S3Server.start("127.0.0.1", 0, folder, InstantSource.system());
                var client = client(server.url(), keys)) {
            var checks = new PartChecks(store(S3Server.BUCKET, Optional.of(server.url()), keys));

            assertThat(checks.forObject(client, KEY)).isEqualTo(PartCheck.MD5);
            assertThat(server.keys(S3Server.BUCKET)).isEmpty();
        }
    }

    /// Its abort is refused: a key may lack that permission, and what stays is swept, or not, as other
    /// uploads are.
    @Test
    void aKeyThatMayNotAbortLearnsItAllTheSame() throws Exception {
        assertThat(found(400, "BadDigest", 403)).isEqualTo(PartCheck.CRC32C);
        assertThat(found(200, "", 403)).isEqualTo(PartCheck.MD5);
        assertThat(found(405, "MethodNotAllowed", 204)).isEqualTo(PartCheck.MD5);
        assertThatThrownBy(() -> found(503, "SlowDown", 204)).isInstanceOf(S3Exception.class);
    }

    /// What is found at a store that answers a part, and an abort, with these statuses.
    private static PartCheck found(int part, String code, int abort) throws IOException {
        var store = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        store.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            switch (exchange.getRequestMethod()) {
                case "POST" ->
                    answer(
                            exchange,
                            200,
                            "<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>");
                case "PUT" -> answer(exchange, part, "<Error><Code>" + code + "</Code></Error>");
                default -> answer(exchange, abort, "<Error><Code>AccessDenied</Code></Error>");
            }
        });
        store.start();
        var url = URI.create("http://127.0.0.1:" + store.getAddress().getPort());
        try (var client = client(url, TestS3.KEYS)) {
            return new PartChecks(store("bucket", Optional.of(url), TestS3.KEYS)).forObject(client, KEY);
        } finally {
            store.stop(0);
        }
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        var bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, status == 204 ? -1 : bytes.length);
        if (status != 204) {
            exchange.getResponseBody().write(bytes);
        }
        exchange.close();
    }

    @Test
    void amazonIsNotAsked() {
        try (var client = client(URI.create("http://127.0.0.1:1"), TestS3.KEYS)) {
            var checks = new PartChecks(store("bucket", Optional.empty(), TestS3.KEYS));

            assertThat(checks.forObject(client, KEY)).isEqualTo(PartCheck.CRC32C);
        }
    }

    private static S3Store store(String bucket, Optional<URI> endpoint, AccessKeys keys) {
        return new S3Store(bucket, Optional.empty(), endpoint, keys);
    }

    private static S3Client client(URI endpoint, AccessKeys keys) {
        return S3Client.builder()
                .httpClient(UrlConnectionHttpClient.create())
                .credentialsProvider(StaticCredentialsProvider.create(
                        AwsBasicCredentials.create(keys.id(), keys.secret().reveal())))
                .region(Region.US_EAST_1)
                .endpointOverride(endpoint)
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .serviceConfiguration(it -> it.chunkedEncodingEnabled(false).pathStyleAccessEnabled(true))
                .build();
    }
}
