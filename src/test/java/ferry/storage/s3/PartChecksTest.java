package ferry.storage.s3;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.crypto.Secret;
import ferry.sandbox.s3.S3Server;
import ferry.testing.TestS3;
import java.net.URI;
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

class PartChecksTest {
    private static final String KEY = "results/2026/film.mov";

    @TempDir
    Path folder;

    @Test
    void aStoreThatRefusesAWrongCrcIsTrustedWithIt() {
        try (var server = TestS3.start("bucket");
                var client = client(server.url(), TestS3.KEYS)) {
            var checks = new PartChecks(client, store("bucket", Optional.of(server.url()), TestS3.KEYS));

            assertThat(checks.forObject(KEY)).isEqualTo(PartCheck.CRC32C);
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
            var checks = new PartChecks(client, store(S3Server.BUCKET, Optional.of(server.url()), keys));

            assertThat(checks.forObject(KEY)).isEqualTo(PartCheck.MD5);
            assertThat(server.keys(S3Server.BUCKET)).isEmpty();
        }
    }

    @Test
    void amazonIsNotAsked() {
        try (var client = client(URI.create("http://127.0.0.1:1"), TestS3.KEYS)) {
            var checks = new PartChecks(client, store("bucket", Optional.empty(), TestS3.KEYS));

            assertThat(checks.forObject(KEY)).isEqualTo(PartCheck.CRC32C);
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
