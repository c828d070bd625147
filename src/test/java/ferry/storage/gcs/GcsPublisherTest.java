package ferry.storage.gcs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import ferry.storage.About;
import ferry.storage.Intake;
import ferry.storage.Labels;
import ferry.storage.Lanes;
import ferry.storage.ObjectKey;
import ferry.storage.PartBuffers;
import ferry.storage.PublishException;
import ferry.storage.Publisher;
import ferry.storage.PublisherContract;
import ferry.storage.Reach;
import ferry.storage.Retries;
import ferry.testing.FakeGcs;
import ferry.testing.FlakyLine;
import ferry.testing.FlakyLine.Fault;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GcsPublisherTest extends PublisherContract {
    private static final Retries QUICK = new Retries(3, Duration.ofMillis(2), Duration.ofMillis(5));
    private static final Set<String> DOCUMENTED = Set.of("storage.objects.create", "storage.objects.list");

    private final FakeGcs google = FakeGcs.start("my_bucket");
    private final Outbound outbound = Outbound.open(EgressPolicy.of(List.of()).withLoopback());
    private final FlakyLine line;
    private final Publisher publisher;

    GcsPublisherTest() throws IOException {
        line = new FlakyLine(google.port());
        publisher = open("my_bucket");
    }

    @AfterEach
    void stop() throws IOException {
        publisher.close();
        outbound.close();
        line.close();
        google.close();
    }

    @Override
    protected Publisher publisher() {
        return publisher;
    }

    @Override
    protected Optional<InputStream> download(URI address) {
        assertThat(address.getScheme()).isEqualTo("gs");
        return google.bytes(address.getAuthority(), address.getPath().substring(1))
                .map(ByteArrayInputStream::new);
    }

    @Override
    protected int objects() {
        return google.keys("my_bucket").size();
    }

    @Override
    protected Publisher deniedPublisher() {
        google.permit(Set.of());
        return publisher;
    }

    @Test
    void anObjectSaysWhatItIs() throws Exception {
        var labels = Labels.of(UUID.randomUUID(), "icloud.account", "file:abc", Instant.parse("2026-11-22T10:11:12Z"))
                .with("ferry-name", "Été.jpg");
        for (int size : List.of(10, 20_000_000)) {
            try (var intake = Intake.open(publisher, key("a.jpg"), About.of("image/jpeg", labels.all()))) {
                write(intake, size);
                intake.commit();
            }
            var metadata = google.metadata("my_bucket", key("a.jpg").toString());
            assertThat(metadata.path("contentType").asString()).isEqualTo("image/jpeg");
            assertThat(metadata.at("/metadata/ferry-name").asString()).isEqualTo("%C3%89t%C3%A9.jpg");
            assertThat(metadata.at("/metadata/ferry-source-type").asString()).isEqualTo("icloud.account");
        }
    }

    @Test
    void aLargeUploadThatIsGivenUpLeavesNoSession() throws Exception {
        try (var intake = Intake.open(publisher, key("film.mov"), "video/quicktime")) {
            write(intake, 20_000_000);
            assertThat(google.sessions()).isEqualTo(1);
        }

        assertThat(google.sessions()).isZero();
        assertThat(objects()).isZero();
    }

    @Test
    void aRestartInTheMiddleOfASessionBeginsAnew() throws Exception {
        try (var intake = Intake.open(publisher, key("film.mov"), "video/quicktime")) {
            write(intake, 20_000_000);
            intake.restart();
            write(intake, 9_000_000);
            var stored = intake.commit();

            assertThat(md5(key("film.mov"))).isEqualTo(stored.md5Hex());
        }
        assertThat(google.sessions()).isZero();
    }

    /// What arrived before the cut is not sent again: the session says how far it is.
    @Test
    void aLineThatIsCutIsTakenUpWhereItBroke() throws Exception {
        try (var intake = Intake.open(publisher, key("film.mov"), "video/quicktime")) {
            write(intake, 10_000_000);
            outbound.forget(line.url());
            line.next(new Fault.CutAfterSending(3_000_000));
            write(intake, 10_000_000);
            var stored = intake.commit();

            assertThat(line.isThrough()).isTrue();
            assertThat(md5(key("film.mov"))).isEqualTo(stored.md5Hex());
        }
        assertThat(objects()).isEqualTo(1);
    }

    @Test
    void aSessionThatIsBusyIsAskedAgain() throws Exception {
        google.fail("POST", "uploadType=resumable", 503);
        google.fail("PUT", "upload_id", 503);
        google.fail("PUT", "upload_id", 429);
        try (var intake = Intake.open(publisher, key("film.mov"), "video/quicktime")) {
            write(intake, 20_000_000);
            assertThat(intake.commit().md5Hex()).isEqualTo(md5(key("film.mov")));
        }

        assertThat(google.isThrough()).isTrue();
        assertThat(objects()).isEqualTo(1);
    }

    /// The object is there; asked where it stands, the session has gone with it.
    @Test
    void anUploadThatEndedUnheardIsOneObject() throws Exception {
        line.loseAnswerTo("X-Goog-Hash");
        try (var intake = Intake.open(publisher, key("film.mov"), "video/quicktime")) {
            write(intake, 20_000_000);
            assertThat(intake.commit().md5Hex()).isEqualTo(md5(key("film.mov")));
        }

        assertThat(line.isThrough()).isTrue();
        assertThat(objects()).isEqualTo(1);
    }

    @Test
    void aTokenThatIsRefusedIsRenewed() throws Exception {
        publish(key("a.txt"), "a");
        google.revokeTokens();
        publish(key("b.txt"), "b");

        assertThat(text(key("b.txt"))).contains("b");
    }

    @Test
    void aTokenEndpointThatIsBusyIsAskedAgain() throws Exception {
        google.fail("POST", "/token", 503);
        google.fail("POST", "/token", 429);
        publish(key("a.txt"), "a");

        assertThat(google.isThrough()).isTrue();
        assertThat(text(key("a.txt"))).contains("a");
    }

    @Test
    void whatDoesNotPassInTimeIsForTheTaskToTryAgain() {
        for (int i = 0; i < QUICK.attempts(); i++) {
            google.fail("POST", "uploadType=multipart", 503);
        }

        assertThatThrownBy(() -> publish(key("a.txt"), "not now"))
                .isInstanceOf(PublishException.Unavailable.class)
                .hasMessageEndingWith("is too busy or out of order at the moment.");
        assertThat(google.isThrough()).isTrue();
        assertThat(objects()).isZero();
    }

    /// With the roles that Google's pages name for this, nothing may be deleted, and so nothing replaced.
    @Test
    void theDocumentedRolesAreEnoughToPublishAndToPublishTheSameAgain() throws Exception {
        google.permit(DOCUMENTED);
        publish(key("a.txt"), "the same");
        publish(key("a.txt"), "the same");

        assertThat(objects()).isEqualTo(1);
        assertThatThrownBy(() -> publish(key("a.txt"), "another"))
                .isInstanceOf(PublishException.Refused.class)
                .hasMessage(
                        "Service account " + FakeGcs.EMAIL + " may not delete or replace objects of bucket my_bucket:"
                                + " it lacks the permission storage.objects.delete, which the role Storage Object User"
                                + " brings.");
        publisher.delete(key("not there"));
        assertThatThrownBy(() -> publisher.delete(key("a.txt"))).isInstanceOf(PublishException.Refused.class);
    }

    @Test
    void aSignedDownloadNeedsNoTokenUntilItExpires() throws Exception {
        publish(key("Été.jpg"), "a photo");
        var signing = new SignedGet("my_bucket", Optional.of(google.url()), ServiceAccount.of(google.serviceAccount()));
        var now = Instant.now();

        assertThat(get(signing.url(key("Été.jpg").toString(), now, Duration.ofMinutes(5))))
                .isEqualTo("200 a photo");
        assertThat(get(signing.url(key("Été.jpg").toString(), now.minusSeconds(600), Duration.ofMinutes(5))))
                .startsWith("400");
        assertThat(get(signing.url(key("Été.jpg").toString(), now, Duration.ofMinutes(5))
                        .map(url -> URI.create(url.toString().replace("Expires=300", "Expires=301")))))
                .startsWith("403");
    }

    private String md5(ObjectKey key) throws IOException {
        return Intake.md5Hex(new ByteArrayInputStream(
                google.bytes("my_bucket", key.toString()).orElseThrow()));
    }

    private static String get(Optional<URI> url) throws Exception {
        try (var http = HttpClient.newHttpClient()) {
            var answer = http.send(HttpRequest.newBuilder(url.orElseThrow()).build(), BodyHandlers.ofString());
            return answer.statusCode() + " " + answer.body();
        }
    }

    private static void write(Intake intake, int size) throws Exception {
        var random = new Random(size);
        var piece = new byte[100_000];
        for (int left = size; left > 0; left -= piece.length) {
            random.nextBytes(piece);
            intake.write(piece, 0, Math.min(piece.length, left));
        }
    }

    private Publisher open(String bucket) {
        return GcsPublisher.open(
                bucket,
                Optional.of(line.url()),
                ServiceAccount.of(google.serviceAccount()),
                new Reach(outbound, InstantSource.system(), QUICK, new PartBuffers(4), new Lanes.ToBuckets()));
    }
}
