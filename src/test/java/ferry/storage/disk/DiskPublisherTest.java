package ferry.storage.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.storage.Intake;
import ferry.storage.ObjectKey;
import ferry.storage.PublishException;
import ferry.storage.Publisher;
import ferry.storage.PublisherContract;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskPublisherTest extends PublisherContract {
    @TempDir
    Path data;

    private Path root;
    private Path bucket;
    private Path outside;

    @BeforeEach
    void folders() throws IOException {
        root = Files.createDirectories(data.resolve("buckets"));
        bucket = root.resolve("my-bucket");
        outside = Files.createDirectory(data.resolve("outside"));
    }

    @Override
    protected Publisher publisher() {
        return new DiskPublisher(root, "my-bucket");
    }

    @Override
    protected Optional<InputStream> download(URI address) throws IOException {
        // as ricloud-py does: the path as it stands
        var path = Path.of(address.toString().substring("local://".length()));
        return Files.exists(path) ? Optional.of(Files.newInputStream(path)) : Optional.empty();
    }

    @Override
    protected int objects() throws IOException {
        try (var all = Files.walk(bucket)) {
            return (int) all.filter(p -> Files.isRegularFile(p, LinkOption.NOFOLLOW_LINKS))
                    .filter(p -> !p.startsWith(bucket.resolve(".uploads")))
                    .count();
        }
    }

    @Override
    protected Publisher deniedPublisher() throws IOException {
        Files.writeString(root.resolve("taken"), "a file where the bucket should be");
        return new DiskPublisher(root, "taken");
    }

    @Test
    void theUrlIsTheAbsolutePath() throws Exception {
        var key = key("a.txt");
        publish(key, "a");

        assertThat(publisher().url(key)).hasToString("local://" + bucket.toAbsolutePath() + "/" + key);
    }

    @Test
    void aBucketThatIsALinkIsRefused() throws Exception {
        Files.createSymbolicLink(bucket, outside);

        assertRefusedAndNothingWritten();
    }

    @Test
    void aLinkOnTheWayToAnObjectIsRefused() throws Exception {
        Files.createDirectory(bucket);
        Files.createSymbolicLink(bucket.resolve("results"), outside);

        assertRefusedAndNothingWritten();
    }

    @Test
    void aLinkInPlaceOfTheUploadsIsRefused() throws Exception {
        Files.createDirectory(bucket);
        Files.createSymbolicLink(bucket.resolve(".uploads"), outside);

        assertRefusedAndNothingWritten();
    }

    @Test
    void aLinkThatAppearsDuringAnUploadIsRefused() throws Exception {
        try (var intake = Intake.open(publisher(), key("a.txt"), "text/plain")) {
            intake.write(new byte[10], 0, 10);
            Files.createSymbolicLink(bucket.resolve("results"), outside);

            assertThatThrownBy(intake::commit).isInstanceOf(PublishException.Refused.class);
        }
        assertThat(outside).isEmptyDirectory();
        assertThat(bucket.resolve(".uploads")).isEmptyDirectory();
    }

    @Test
    void aLinkInPlaceOfAnObjectIsReplacedAndNotFollowed() throws Exception {
        var victim = Files.writeString(outside.resolve("victim"), "untouched");
        var place = bucket.resolve(key("a.txt").toString());
        Files.createDirectories(place.getParent());
        Files.createSymbolicLink(place, victim);

        assertThatThrownBy(() -> publisher().head(key("a.txt"))).isInstanceOf(PublishException.Refused.class);
        publish(key("a.txt"), "mine");

        assertThat(victim).hasContent("untouched");
        assertThat(Files.isSymbolicLink(place)).isFalse();
        assertThat(text(key("a.txt"))).contains("mine");
    }

    @Test
    void deletingALinkLeavesItsTarget() throws Exception {
        var victim = Files.writeString(outside.resolve("victim"), "untouched");
        var place = bucket.resolve(key("a.txt").toString());
        Files.createDirectories(place.getParent());
        Files.createSymbolicLink(place, victim);

        publisher().delete(key("a.txt"));

        assertThat(victim).hasContent("untouched");
        assertThat(Files.exists(place, LinkOption.NOFOLLOW_LINKS)).isFalse();
    }

    @Test
    void aFullDiskPassesAndLeavesNothing() throws Exception {
        publish(key("a.txt"), "old");
        var full = new DiskPublisher(root, "my-bucket", new FullAfter(200_000));

        try (var intake = Intake.open(full, key("a.txt"), "text/plain")) {
            assertThatThrownBy(() -> intake.write(new byte[300_000], 0, 300_000))
                    .isInstanceOf(PublishException.Unavailable.class)
                    .hasMessage("The disk that holds bucket my-bucket is full.");
        }

        assertThat(bucket.resolve(".uploads")).isEmptyDirectory();
        assertThat(text(key("a.txt"))).contains("old");
    }

    @Test
    void onlyUploadsThatStoodStillAreSwept() throws Exception {
        var now = Instant.parse("2026-11-22T12:00:00Z");
        publish(key("a.txt"), "an object stays");
        var uploads = bucket.resolve(".uploads");
        var left = Files.writeString(uploads.resolve("left"), "by a killed process");
        var live = Files.writeString(uploads.resolve("live"), "being written");
        Files.setLastModifiedTime(left, FileTime.from(now.minus(Duration.ofHours(25))));
        Files.setLastModifiedTime(live, FileTime.from(now.minus(Duration.ofMinutes(1))));
        Files.writeString(root.resolve("not-a-bucket"), "ignored");

        int removed = new UnfinishedUploads(root, InstantSource.fixed(now)).sweep(Duration.ofDays(1));

        assertThat(removed).isEqualTo(1);
        assertThat(left).doesNotExist();
        assertThat(live).exists();
        assertThat(text(key("a.txt"))).contains("an object stays");
    }

    @Test
    void anUploadThatWasSweptCannotCommit() throws Exception {
        try (var intake = Intake.open(publisher(), key("a.txt"), "text/plain")) {
            intake.write(new byte[10], 0, 10);
            new UnfinishedUploads(root, () -> Instant.now().plus(Duration.ofDays(2))).sweep(Duration.ofDays(1));

            assertThatThrownBy(intake::commit).isInstanceOf(PublishException.Unavailable.class);
        }
        assertThat(objects()).isZero();
    }

    @Test
    void whatWasPublishedCanBeOpenedByItsUrl() throws Exception {
        publish(key("写真.jpg"), "a photo");

        try (var opened =
                new DiskObjects(root).open(publisher().url(key("写真.jpg"))).orElseThrow()) {
            assertThat(opened.length()).isEqualTo(7);
            assertThat(opened.bytes()).hasContent("a photo");
        }
    }

    @Test
    void nothingOutsideTheBucketsIsOpened() throws Exception {
        var secret = Files.writeString(outside.resolve("secret"), "secret");
        Files.createDirectory(bucket);
        Files.createSymbolicLink(bucket.resolve("link"), secret);
        Files.createSymbolicLink(bucket.resolve("folder"), outside);
        var objects = new DiskObjects(root);

        assertThat(objects.open(URI.create("local://" + secret))).isEmpty();
        assertThat(objects.open(URI.create("local://" + root + "/my-bucket/../../outside/secret")))
                .isEmpty();
        assertThat(objects.open(URI.create("local://" + root + "/my-bucket/link")))
                .isEmpty();
        assertThat(objects.open(URI.create("local://" + root + "/my-bucket/folder/secret")))
                .isEmpty();
        assertThat(objects.open(URI.create("local://" + root))).isEmpty();
        assertThat(objects.open(URI.create("s3://my-bucket/a"))).isEmpty();
        assertThat(objects.open(URI.create("local://" + root + "/my-bucket/gone")))
                .isEmpty();
    }

    @Test
    void checkingStepByStepRefusesLinksToo() throws Exception {
        Files.createDirectory(bucket);
        Files.createSymbolicLink(bucket.resolve("results"), outside);
        try (var checked = new Folder.Checked(bucket)) {
            assertThatThrownBy(() -> checked.child("results")).isInstanceOf(java.nio.file.NotDirectoryException.class);
            try (var made = checked.made("fresh")) {
                assertThat(made.names()).isEmpty();
            }
            assertThat(checked.names()).containsExactlyInAnyOrder("results", "fresh");
        }
    }

    private void assertRefusedAndNothingWritten() {
        ObjectKey key = key("a.txt");
        assertThatThrownBy(() -> publish(key, "not here"))
                .isInstanceOf(PublishException.Refused.class)
                .hasMessageContaining("symbolic link");
        assertThat(outside).isEmptyDirectory();
    }

    /// A disk that has room for so many bytes more.
    private static final class FullAfter implements Drive {
        private long free;

        FullAfter(long free) {
            this.free = free;
        }

        @Override
        public void write(FileChannel file, ByteBuffer bytes) throws IOException {
            if (bytes.remaining() > free) {
                bytes.limit(bytes.position() + (int) free);
                Drive.REAL.write(file, bytes);
                free = 0;
                throw new IOException("No space left on device");
            }
            free -= bytes.remaining();
            Drive.REAL.write(file, bytes);
        }

        @Override
        public long free(Path folder) {
            return free;
        }
    }
}
