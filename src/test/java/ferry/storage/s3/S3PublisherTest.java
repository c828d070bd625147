package ferry.storage.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.crypto.Secret;
import ferry.egress.Answer;
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
import ferry.storage.Stored;
import ferry.testing.FlakyLine;
import ferry.testing.FlakyLine.Fault;
import ferry.testing.TestS3;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
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
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class S3PublisherTest extends PublisherContract {
    private static final Retries QUICK = new Retries(3, Duration.ofMillis(2), Duration.ofMillis(5));
    private static TestS3 server;
    private static Outbound outbound;

    private final Lanes.ToBuckets lanes = new Lanes.ToBuckets();
    private final String bucket = "bucket-" + UUID.randomUUID();
    private final FlakyLine line;
    private final Publisher publisher;

    S3PublisherTest() throws IOException {
        line = new FlakyLine(server.port());
        publisher = open(bucket, line.url(), TestS3.KEYS);
    }

    @BeforeAll
    static void start() {
        server = TestS3.start("first");
        outbound = Outbound.open(EgressPolicy.of(List.of()).withLoopback());
    }

    @AfterAll
    static void stop() {
        outbound.close();
        server.close();
    }

    @BeforeEach
    void bucket() {
        server.create(bucket);
    }

    @AfterEach
    void closed() throws IOException {
        publisher.close();
        line.close();
    }

    @Override
    protected Publisher publisher() {
        return publisher;
    }

    @Override
    protected Optional<InputStream> download(URI address) throws IOException {
        assertThat(address.getScheme()).isEqualTo("s3");
        return server.open(address.getAuthority(), address.getPath().substring(1));
    }

    @Override
    protected int objects() {
        return server.keys(bucket).size();
    }

    @Override
    protected Publisher deniedPublisher() {
        return open(
                bucket,
                server.url(),
                new AccessKeys(TestS3.KEYS.id(), new Secret("wrong"), Optional.empty(), Optional.empty(), List.of()));
    }

    @Test
    void anObjectSaysWhatItIs() throws Exception {
        var poll = UUID.fromString("6c1f8c0e-3f5a-4a0f-9d6d-0d1f7c0a5b11");
        var labels = Labels.of(poll, "icloud.account", "file:abc", Instant.parse("2026-11-22T10:11:12Z"))
                .with("ferry-name", "Été 100%.jpg");
        try (var intake = Intake.open(publisher, key("a.jpg"), About.of("image/jpeg", labels.all()))) {
            intake.write(new byte[10], 0, 10);
            intake.commit();
        }

        assertThat(server.mediaType(bucket, key("a.jpg").toString())).isEqualTo("image/jpeg");
        assertThat(server.labels(bucket, key("a.jpg").toString()))
                .containsEntry("ferry-poll", poll.toString())
                .containsEntry("ferry-source-type", "icloud.account")
                .containsEntry("ferry-identifier", "file:abc")
                .containsEntry("ferry-date-polled", "2026-11-22T10:11:12Z")
                .containsEntry("ferry-name", "%C3%89t%C3%A9%20100%25.jpg");
    }

    @Test
    void aTypeThatNoHeaderCarriesIsStoredAsBytes() throws Exception {
        try (var intake = Intake.open(publisher, key("a"), "text/plain\r\nX-Evil: 1")) {
            intake.commit();
        }

        assertThat(server.mediaType(bucket, key("a").toString())).isEqualTo("application/octet-stream");
    }

    @Test
    void aLargeUploadThatIsGivenUpLeavesNoParts() throws Exception {
        try (var intake = Intake.open(publisher, key("film.mov"), "video/quicktime")) {
            write(intake, 20_000_000);
            assertThat(server.unfinished(bucket)).isEqualTo(1);
        }

        assertThat(server.unfinished(bucket)).isZero();
        assertThat(objects()).isZero();
    }

    @Test
    void anInterruptedUploadLeavesNoParts() throws Exception {
        try (var intake = Intake.open(publisher, key("film.mov"), "video/quicktime")) {
            write(intake, 20_000_000);
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> write(intake, 1)).isInstanceOf(InterruptedException.class);
            Thread.currentThread().interrupt();
        }

        assertThat(Thread.interrupted()).isTrue();
        assertThat(server.unfinished(bucket)).isZero();
    }

    @Test
    void aRestartInTheMiddleOfPartsBeginsAnew() throws Exception {
        Stored stored;
        try (var intake = Intake.open(publisher, key("film.mov"), "video/quicktime")) {
            write(intake, 20_000_000);
            intake.restart();
            write(intake, 9_000_000);
            stored = intake.commit();
        }

        assertThat(md5(key("film.mov"))).isEqualTo(stored.md5Hex());
        assertThat(server.unfinished(bucket)).isZero();
    }

    @Test
    void aLineThatIsCutInAPartCostsThatPartAlone() throws Exception {
        var stored = publishLarge(20_000_000, new Fault.CutAfterSending(3_000_000));

        assertThat(md5(key("film.mov"))).isEqualTo(stored.md5Hex());
        assertThat(objects()).isEqualTo(1);
        assertThat(server.unfinished(bucket)).isZero();
    }

    @Test
    void anAnswerThatIsLostIsAskedForAgain() throws Exception {
        line.next(new Fault.CutBeforeAnswer());
        line.next(new Fault.Answer(503));
        var stored = publish(key("a.txt"), "one object");

        assertThat(line.isThrough()).isTrue();
        assertThat(md5(key("a.txt"))).isEqualTo(stored.md5Hex());
        assertThat(objects()).isEqualTo(1);
    }

    /// The store has completed the upload, and no longer knows it when it is asked again.
    @Test
    void aCompletionWhoseAnswerIsLostIsOne() throws Exception {
        line.loseAnswerTo("</CompleteMultipartUpload>");
        Stored stored;
        try (var intake = Intake.open(publisher, key("film.mov"), "video/quicktime")) {
            write(intake, 20_000_000);
            stored = intake.commit();
        }

        assertThat(line.isThrough()).isTrue();
        assertThat(md5(key("film.mov"))).isEqualTo(stored.md5Hex());
        assertThat(objects()).isEqualTo(1);
        assertThat(server.unfinished(bucket)).isZero();
    }

    @Test
    void whatDoesNotPassInTimeIsForTheTaskToTryAgain() throws Exception {
        outbound.forget(line.url());
        // one that goes the short way, and then as many as the client of the SDK makes
        for (int i = 0; i < 1 + QUICK.attempts(); i++) {
            line.next(new Fault.Answer(503));
        }

        assertThatThrownBy(() -> publish(key("a.txt"), "not now"))
                .isInstanceOf(PublishException.Unavailable.class)
                .hasMessageEndingWith("is too busy or out of order at the moment.");
        assertThat(line.isThrough()).isTrue();
        assertThat(objects()).isZero();
    }

    @Test
    void aStoreThatIsTooBusyIsAskedForLessAtOnce() throws Exception {
        var mine = lanes.to(line.url().getAuthority() + "/" + bucket);
        int before = open(mine);
        line.next(new Fault.Answer(503));
        publish(key("a.txt"), "later");

        assertThat(line.isThrough()).isTrue();
        assertThat(open(mine)).isEqualTo(before / 2);
    }

    /// Takes one after the other until the next would have to wait.
    private static int open(Lanes lanes) {
        var taken = new AtomicInteger();
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> takeAll(lanes, taken)).isInstanceOf(InterruptedIOException.class);
        assertThat(Thread.interrupted()).isTrue();
        return taken.get();
    }

    private static Answer takeAll(Lanes lanes, AtomicInteger taken) throws IOException {
        return lanes.send(() -> {
            taken.incrementAndGet();
            return takeAll(lanes, taken);
        });
    }

    @Test
    void aSignedDownloadNeedsNoKeysUntilItExpires() throws Exception {
        publish(key("Été.jpg"), "a photo");
        var signing = new SignedGet(store(bucket, server.url(), TestS3.KEYS));
        var now = Instant.now();

        assertThat(get(signing.url(key("Été.jpg").toString(), now, Duration.ofMinutes(5))))
                .isEqualTo("200 a photo");
        assertThat(get(signing.url(key("Été.jpg").toString(), now.minusSeconds(600), Duration.ofMinutes(5))))
                .startsWith("403");
        assertThat(get(signing.url(key("Été.jpg").toString(), now, Duration.ofMinutes(5))
                        .map(url -> URI.create(url.toString().replace("Expires=300", "Expires=301")))))
                .startsWith("403");
    }

    @Test
    void onlyOurOldUnfinishedUploadsAreSwept() throws Exception {
        try (var s3 = (S3Publisher) open(bucket, server.url(), TestS3.KEYS)) {
            var left = Intake.open(s3, key("film.mov"), "video/quicktime");
            write(left, 20_000_000);

            assertThat(s3.abort("results/2026/", _ -> false)).isZero();
            assertThat(s3.abort("results/2025/", _ -> true)).isZero();
            assertThat(server.unfinished(bucket)).isOne();
            var film = key("film.mov").toString();
            assertThat(s3.abort("results/2026/", it -> it.key().equals(film))).isOne();
            assertThat(server.unfinished(bucket)).isZero();
            assertThatThrownBy(left::commit).isInstanceOf(PublishException.class);
            left.close();
        }
    }

    private Stored publishLarge(int size, Fault fault) throws Exception {
        try (var intake = Intake.open(publisher, key("film.mov"), "video/quicktime")) {
            write(intake, size / 2);
            outbound.forget(line.url());
            line.next(fault);
            write(intake, size - size / 2);
            var stored = intake.commit();
            assertThat(line.isThrough()).isTrue();
            return stored;
        }
    }

    private String md5(ObjectKey key) throws IOException {
        try (var bytes = server.open(bucket, key.toString()).orElseThrow()) {
            return Intake.md5Hex(bytes);
        }
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

    static S3Store store(String bucket, URI endpoint, AccessKeys keys) {
        return new S3Store(bucket, Optional.empty(), Optional.of(endpoint), keys);
    }

    private Publisher open(String bucket, URI endpoint, AccessKeys keys) {
        return S3Publisher.open(
                store(bucket, endpoint, keys),
                new Reach(outbound, InstantSource.system(), QUICK, new PartBuffers(4), lanes));
    }
}
