package ferry.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.crypto.AgeIdentities;
import ferry.crypto.AgeRecipients;
import ferry.testing.AgeKeys;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.net.URI;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What every publisher must do. A new kind of storage extends this and supplies the hooks.
public abstract class PublisherContract {
    private static final UUID POLL = UUID.fromString("6c1f8c0e-3f5a-4a0f-9d6d-0d1f7c0a5b11");

    /// An empty bucket's publisher, the same bucket for the whole test. The test does not close it.
    protected abstract Publisher publisher();

    /// Reads an object past the publisher, as the client would; empty where there is none.
    protected abstract Optional<InputStream> download(URI address) throws Exception;

    /// How many objects the bucket shows, looked at past the publisher.
    protected abstract int objects() throws Exception;

    /// A publisher that its storage refuses.
    protected abstract Publisher deniedPublisher() throws Exception;

    @Test
    void whatIsPublishedCanBeDownloaded() throws Exception {
        var key = key("IMG_0001.JPG");
        var stored = publish(key, "a photo");

        assertThat(text(key)).contains("a photo");
        assertThat(stored).isEqualTo(new Stored(7, Intake.md5Hex(stream("a photo"))));
        assertThat(publisher().head(key))
                .hasValueSatisfying(head -> assertThat(head.shows(stored)).isTrue());
        assertThat(objects()).isEqualTo(1);
    }

    @Test
    void publishingAgainReplaces() throws Exception {
        publish(key("a.txt"), "the first, which was longer");
        publish(key("a.txt"), "the second");

        assertThat(text(key("a.txt"))).contains("the second");
        assertThat(objects()).isEqualTo(1);
    }

    @Test
    void anEmptyObjectIsAnObject() throws Exception {
        var stored = publish(key("empty"), "");

        assertThat(stored).isEqualTo(new Stored(0, "d41d8cd98f00b204e9800998ecf8427e"));
        assertThat(text(key("empty"))).contains("");
    }

    @Test
    void nothingIsVisibleBeforeCommit() throws Exception {
        publish(key("a.txt"), "old");
        try (var replacing = Intake.open(publisher(), key("a.txt"), "text/plain");
                var fresh = Intake.open(publisher(), key("b.txt"), "text/plain")) {
            write(replacing, "new");
            write(fresh, "new");

            assertThat(text(key("a.txt"))).contains("old");
            assertThat(text(key("b.txt"))).isEmpty();
            assertThat(publisher().head(key("b.txt"))).isEmpty();
            assertThat(objects()).isEqualTo(1);
        }
    }

    @Test
    void closingWithoutCommitLeavesNothing() throws Exception {
        try (var intake = Intake.open(publisher(), key("a.txt"), "text/plain")) {
            write(intake, "never finished");
        }

        assertThat(text(key("a.txt"))).isEmpty();
        assertThat(objects()).isZero();
    }

    @Test
    void aRestartForgetsWhatWasWritten() throws Exception {
        try (var intake = Intake.open(publisher(), key("a.txt"), "text/plain")) {
            write(intake, "the source broke off here");
            intake.restart();
            assertThat(intake.written()).isZero();
            write(intake, "whole");
            assertThat(intake.commit()).isEqualTo(new Stored(5, Intake.md5Hex(stream("whole"))));
        }

        assertThat(text(key("a.txt"))).contains("whole");
    }

    @Test
    void deletingTwiceIsDeleting() throws Exception {
        publish(key("a.txt"), "a");
        publish(key("b.txt"), "b");

        publisher().delete(key("a.txt"));
        publisher().delete(key("a.txt"));

        assertThat(text(key("a.txt"))).isEmpty();
        assertThat(publisher().head(key("a.txt"))).isEmpty();
        assertThat(text(key("b.txt"))).contains("b");
    }

    @Test
    void concurrentUploadsOfOneKeyLeaveOneWholeObject() throws Exception {
        int uploads = 8;
        var together = new CyclicBarrier(uploads);
        var jobs = new ArrayList<Callable<Stored>>();
        for (int i = 0; i < uploads; i++) {
            var bytes = new byte[200_000 + i];
            Arrays.fill(bytes, (byte) ('a' + i));
            jobs.add(() -> {
                try (var intake = Intake.open(publisher(), key("same.bin"), "application/octet-stream")) {
                    intake.write(bytes, 0, bytes.length / 2);
                    together.await();
                    intake.write(bytes, bytes.length / 2, bytes.length - bytes.length / 2);
                    together.await();
                    return intake.commit();
                }
            });
        }
        var candidates = new HashSet<Stored>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (var done : threads.invokeAll(jobs)) {
                candidates.add(done.get());
            }
        }

        var bytes = bytes(key("same.bin")).orElseThrow();
        assertThat(candidates).contains(new Stored(bytes.length, Intake.md5Hex(new ByteArrayInputStream(bytes))));
        assertThat(objects()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Été à la plage.jpg", "家族写真.heic", "👩‍👩‍👧 day.mov", "ملف.pdf", "a b & c?d#e%20f;g.txt"})
    void aNameOfAnyLanguageCanBeDownloaded(String name) throws Exception {
        publish(key(name), name);

        assertThat(text(key(name))).contains(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../../../etc/passwd",
                "..",
                "/etc/passwd",
                "..\\..\\windows",
                "C:\\boot.ini",
                "a/../../b",
                "nul\u0000.txt",
                "line\nbreak",
                "....//....//x",
                ".uploads",
                "\uD800",
                ""
            })
    void aHostileNameStaysInside(String name) throws Exception {
        var key = key(name);
        publish(key, "harmless");

        assertThat(text(key)).contains("harmless");
        assertThat(objects()).isEqualTo(1);
        assertThat(publisher().url(key).toString()).contains(POLL + "/files/").doesNotContain("..");
    }

    @Test
    void aNameOfAThousandCharactersIsCut() throws Exception {
        var key = key("写".repeat(1000) + ".jpg");
        publish(key, "long");

        assertThat(key.toString()).endsWith(".jpg");
        assertThat(text(key)).contains("long");
    }

    @Test
    void aRefusalIsNotRetryable() {
        assertThatThrownBy(() -> {
                    try (var intake = Intake.open(deniedPublisher(), key("a.txt"), "text/plain")) {
                        write(intake, "a");
                        intake.commit();
                    }
                })
                .isInstanceOf(PublishException.Refused.class);
    }

    @Test
    void whatIsThereCanBeReadBack() throws Exception {
        publish(key("a.txt"), "a photo");

        assertThat(publisher().read(key("a.txt"), 100).map(bytes -> new String(bytes, UTF_8)))
                .contains("a photo");
        assertThat(publisher().read(key("a.txt"), 3).map(bytes -> new String(bytes, UTF_8)))
                .contains("a p");
        assertThat(publisher().read(key("b.txt"), 100)).isEmpty();
    }

    @Test
    void whatBeginsAlikeIsListedAndCanBeDeletedMeanwhile() throws Exception {
        var names = List.of("a.txt", "家族写真.heic", "a b & c?d#e%20f;g.txt", "👩‍👩‍👧 day.mov", "c+d.txt");
        for (var name : names) {
            publish(key(name), name);
        }
        var other = ObjectKey.file("results/2026", UUID.randomUUID(), "x", Optional.of("other.txt"));
        publish(other, "of another poll");

        var wanted = names.stream().map(name -> key(name).toString()).toList();
        assertThat(listed("results/2026/" + POLL)).containsExactlyInAnyOrderElementsOf(wanted);
        assertThat(listed("results/2026/" + POLL.toString().substring(0, 8)))
                .containsExactlyInAnyOrderElementsOf(wanted);
        assertThat(listed("results/2025/")).isEmpty();
        publisher().list("results/2026/" + POLL, key -> publisher().delete(ObjectKey.listed(key)));
        assertThat(listed("results/")).containsExactly(other.toString());
    }

    private List<String> listed(String prefix) throws Exception {
        var all = new ArrayList<String>();
        publisher().list(prefix, all::add);
        return all;
    }

    @Test
    void aProbeOfAWorkingBucketLeavesNothing() throws Exception {
        Probe.tryOut(publisher(), ObjectKey.probe("results", POLL, 1));

        assertThat(objects()).isZero();
    }

    @Test
    void aProbeThatIsStoppedLeavesNothing() throws Exception {
        var stopped = new StoppedBeforeItCompares(publisher());

        assertThatThrownBy(() -> Probe.tryOut(stopped, ObjectKey.probe("results", POLL, 1)))
                .isInstanceOf(InterruptedException.class);
        assertThat(objects()).isZero();
    }

    /// Whoever looks what was written is told to stop.
    private record StoppedBeforeItCompares(Publisher to) implements Publisher {
        @Override
        public Upload begin(ObjectKey key, About about) throws PublishException, InterruptedException {
            return to.begin(key, about);
        }

        @Override
        public URI url(ObjectKey key) {
            return to.url(key);
        }

        @Override
        public void delete(ObjectKey key) throws PublishException, InterruptedException {
            to.delete(key);
        }

        @Override
        public Optional<Head> head(ObjectKey key) throws InterruptedException {
            throw new InterruptedException("stopped");
        }

        @Override
        public Optional<byte[]> read(ObjectKey key, int atMost) throws PublishException, InterruptedException {
            return to.read(key, atMost);
        }

        @Override
        public void list(String prefix, Listed each) throws PublishException, InterruptedException {
            to.list(prefix, each);
        }

        @Override
        public void close() {
            to.close();
        }
    }

    @Test
    void anInterruptStopsAnUpload() throws Exception {
        try (var intake = Intake.open(publisher(), key("a.txt"), "text/plain")) {
            Thread.currentThread().interrupt();

            assertThatThrownBy(() -> write(intake, "too late")).isInstanceOf(InterruptedException.class);
        }
        assertThat(objects()).isZero();
    }

    /// Far more than the publisher may hold at once; written from one small array and read back through another.
    @Test
    void anObjectOfSixtyFourMebibytesPassesThrough() throws Exception {
        var key = key("film.mov");
        var piece = new byte[100_000];
        long size = 64L * 1024 * 1024;
        Stored stored;
        try (var intake = Intake.open(publisher(), key, "video/quicktime")) {
            while (intake.written() < size) {
                int length = (int) Math.min(piece.length, size - intake.written());
                Arrays.fill(piece, (byte) (intake.written() / 1_000_003));
                intake.write(piece, 0, length);
            }
            stored = intake.commit();
        }

        assertThat(stored.length()).isEqualTo(size);
        try (var bytes = download(publisher().url(key)).orElseThrow()) {
            assertThat(Intake.md5Hex(bytes)).isEqualTo(stored.md5Hex());
        }
    }

    /// Of lengths around age's chunks, and beyond what one part holds.
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 65_535, 65_536, 65_537, 200_000, 20_000_000})
    void whatIsEncryptedIsMeasuredAsItLiesAndDecryptsToWhatWasTaken(int size) throws Exception {
        var keys = AgeKeys.generate();
        var key = key("film.mov");
        var bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        Stored stored;
        Content content;
        try (var intake = Intake.open(
                publisher(), key, About.of("video/quicktime"), AgeRecipients.of(List.of(keys.recipient())))) {
            intake.write(bytes, 0, size / 3);
            intake.restart();
            intake.write(bytes, 0, size / 2);
            intake.write(bytes, size / 2, size - size / 2);
            stored = intake.commit();
            content = intake.content();
        }

        var lies = bytes(key).orElseThrow();
        assertThat(stored).isEqualTo(new Stored(lies.length, Intake.md5Hex(new ByteArrayInputStream(lies))));
        assertThat(content.md5Hex()).isEqualTo(Intake.md5Hex(new ByteArrayInputStream(bytes)));
        assertThat(publisher().head(key).orElseThrow().shows(stored)).isTrue();
        try (var plain = Channels.newInputStream(
                AgeIdentities.of(keys.identity()).decrypting(Channels.newChannel(new ByteArrayInputStream(lies))))) {
            assertThat(plain.readAllBytes()).isEqualTo(bytes);
        }
    }

    @Test
    void whatIsEncryptedAndNotCommittedLeavesNothing() throws Exception {
        var recipients = AgeRecipients.of(List.of(AgeKeys.generate().recipient()));
        try (var intake = Intake.open(publisher(), key("a.txt"), About.of("text/plain"), recipients)) {
            write(intake, "never whole");
        }

        assertThat(objects()).isZero();
    }

    /// The key of a file of that name in the contract's poll.
    protected static ObjectKey key(String name) {
        return ObjectKey.file("results/2026", POLL, "the id of " + name, Optional.of(name));
    }

    /// Publishes a text.
    protected final Stored publish(ObjectKey key, String text) throws Exception {
        try (var intake = Intake.open(publisher(), key, "text/plain")) {
            write(intake, text);
            return intake.commit();
        }
    }

    /// Reads a text past the publisher.
    protected final Optional<String> text(ObjectKey key) throws Exception {
        return bytes(key).map(bytes -> new String(bytes, UTF_8));
    }

    private Optional<byte[]> bytes(ObjectKey key) throws Exception {
        var found = download(publisher().url(key));
        if (found.isEmpty()) {
            return Optional.empty();
        }
        try (var bytes = found.get()) {
            return Optional.of(bytes.readAllBytes());
        }
    }

    private static void write(Intake intake, String text) throws Exception {
        var bytes = text.getBytes(UTF_8);
        intake.write(bytes, 0, bytes.length);
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(UTF_8));
    }
}
