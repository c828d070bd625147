package ferry.storage.s3;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Scopes;
import ferry.storage.StorageConfigs;
import ferry.testing.Client;
import ferry.testing.TestApp;
import ferry.testing.TestS3;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

class UnfinishedPartsTest {
    private static final String OURS =
            "6c1f8c0e-3f5a-4a0f-9d6d-0d1f7c0a5b11/files/0123456789abcdef0123456789abcdef/film.mov";
    private static final Duration DAY = Duration.ofDays(1);

    private final TestS3 s3 = TestS3.start("mine");
    private final TestApp app = TestApp.start();
    private final Client client =
            app.organisation("Publishes films", Scopes.ALL).client();
    private final S3Client another = S3Client.builder()
            .httpClient(UrlConnectionHttpClient.create())
            .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(
                    TestS3.KEYS.id(), TestS3.KEYS.secret().reveal())))
            .region(Region.US_EAST_1)
            .endpointOverride(s3.url())
            .forcePathStyle(true)
            .build();

    @AfterEach
    void closed() {
        another.close();
        app.close();
        s3.close();
    }

    @Test
    void onlyOldUploadsOfOursAreAborted() throws Exception {
        config("s3://mine/results");
        begin("mine", "results/" + OURS);
        begin("mine", "results/holiday/film.mov");
        begin("mine", "elsewhere/" + OURS);

        assertThat(sweep(Instant.now())).isZero();
        assertThat(s3.unfinished("mine")).isEqualTo(3);

        assertThat(sweep(Instant.now().plus(DAY).plusSeconds(60))).isEqualTo(1);
        assertThat(s3.unfinishedKeys("mine"))
                .containsExactlyInAnyOrder("results/holiday/film.mov", "elsewhere/" + OURS);

        assertThat(sweep(Instant.now().plus(DAY).plusSeconds(60))).isZero();
    }

    @Test
    void aConfigThatIsSwitchedOffIsSweptAllTheSame() throws Exception {
        var id = config("s3://mine");
        begin("mine", OURS);
        client.delete("/configs/storage/" + id).expect(200);

        assertThat(sweep(Instant.now().plus(DAY).plusSeconds(60))).isEqualTo(1);
        assertThat(s3.unfinished("mine")).isZero();
    }

    @Test
    void aConfigWithoutAPathSweepsTheWholeBucketForItsOwn() throws Exception {
        config("s3://mine");
        begin("mine", OURS);
        begin("mine", "results/" + OURS);

        assertThat(sweep(Instant.now().plus(DAY).plusSeconds(60))).isEqualTo(1);
        assertThat(s3.unfinishedKeys("mine")).containsExactly("results/" + OURS);
    }

    @Test
    void whatATemplateMakesIsOurs() throws Exception {
        config("s3://mine/results', 'key_template': 'films/{poll}/{id}");
        var made = "results/films/6c1f8c0e-3f5a-4a0f-9d6d-0d1f7c0a5b11/0123456789abcdef0123456789abcdef";
        begin("mine", made);
        begin("mine", "results/" + OURS);

        assertThat(sweep(Instant.now().plus(DAY).plusSeconds(60))).isEqualTo(1);
        assertThat(s3.unfinishedKeys("mine")).containsExactly("results/" + OURS);
    }

    @Test
    void aBucketThatRefusesDoesNotKeepTheOthersFromBeingSwept() throws Exception {
        s3.create("gone");
        config("s3://gone");
        config("s3://mine");
        s3.drop("gone");
        begin("mine", OURS);

        assertThat(sweep(Instant.now().plus(DAY).plusSeconds(60))).isEqualTo(1);
        assertThat(s3.unfinished("mine")).isZero();
    }

    private int sweep(Instant now) throws Exception {
        return new UnfinishedParts(
                        app.db(),
                        new StorageConfigs(InstantSource.system()),
                        app.publishers(),
                        InstantSource.fixed(now))
                .sweep(DAY);
    }

    private void begin(String bucket, String key) {
        another.createMultipartUpload(it -> it.bucket(bucket).key(key));
    }

    private String config(String url) {
        var id = client.post("/configs/storage", """
                {'url': '%s', 'endpoint': '%s', 'credentials': {'access_key_id': '%s', 'secret_access_key': '%s'}}
                """.formatted(
                        url, s3.url(), TestS3.KEYS.id(), TestS3.KEYS.secret().reveal()))
                .expect(201)
                .at("/id")
                .asString();
        var config = client.settled(
                "/configs/storage/" + id, it -> !it.at("/state").asString().equals("new"));
        assertThat(config.at("/state").asString()).as("%s", config).isEqualTo("valid");
        return id;
    }
}
