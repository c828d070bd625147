package ferry.storage;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DestinationTest {
    @Test
    void aLocalUrlNamesABucketAndAPath() {
        assertThat(Destination.parse("local://my-bucket/results/2026/"))
                .isEqualTo(new Destination.Parsed.Good(new Destination.Local("my-bucket", "results/2026")));
        assertThat(Destination.parse("local://my.bucket"))
                .isEqualTo(new Destination.Parsed.Good(new Destination.Local("my.bucket", "")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "local://ab",
                "local://My-Bucket",
                "local://a..b",
                "local://",
                "local:///etc/passwd",
                "local://bucket@host",
                "local://a%2e%2e/b"
            })
    void aBadBucketIsSaid(String url) {
        assertBad(url, "bucket's name");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "local://my-bucket/../other",
                "local://my-bucket/a/../../b",
                "local://my-bucket/./a",
                "local://my-bucket/.uploads",
                "local://my-bucket/a//b",
                "local://my-bucket/a\\b",
                "local://my-bucket/a%2fb",
                "local://my-bucket/a\nb"
            })
    void aBadPathIsSaid(String url) {
        assertBad(url, "path");
    }

    @Test
    void aBucketInACloudIsNamedTheSameWay() {
        assertThat(Destination.parse("s3://my-bucket/results/"))
                .isEqualTo(new Destination.Parsed.Good(new Destination.S3("my-bucket", "results")));
        assertThat(Destination.parse("gs://my_bucket.example/results"))
                .isEqualTo(new Destination.Parsed.Good(new Destination.Gcs("my_bucket.example", "results")));
        assertBad("s3://My_Bucket", "bucket's name");
        assertBad("gs://-bucket", "bucket's name");
        assertBad("gs://my-bucket/../x", "path");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "my-bucket", "file:///etc", "http://example.com", "local:/my-bucket", "LOCAL://my-bucket"})
    void anotherSchemeIsSaid(String url) {
        assertBad(url, "local://");
    }

    private static void assertBad(String url, String about) {
        assertThat(Destination.parse(url))
                .isInstanceOfSatisfying(
                        Destination.Parsed.Bad.class,
                        bad -> assertThat(bad.sentence()).contains(about).endsWith("."));
    }
}
