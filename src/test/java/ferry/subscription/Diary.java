package ferry.subscription;

import ferry.connector.Catalogue;
import ferry.connector.Connector;
import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.FileMeta;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Limits;
import ferry.connector.Login;
import ferry.connector.NextStep;
import ferry.connector.Reading;
import ferry.connector.SignIn;
import ferry.connector.Target;
import ferry.connector.Window;
import ferry.crypto.Secret;
import ferry.error.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Semaphore;
import tools.jackson.databind.node.JsonNodeFactory;

/// A source that somebody writes to while it is polled. Its sessions end when the test says so.
final class Diary implements Connector {
    static final String TYPE = "mocks.diary";
    static final String ENTRIES = "diary.entries";
    static final String SCAN = "diary.scan";

    private volatile InstantSource clock = InstantSource.system();
    private final Map<String, Entry> entries = new ConcurrentSkipListMap<>();
    private final Set<String> unreadable = ConcurrentHashMap.newKeySet();
    private final Set<String> ended = ConcurrentHashMap.newKeySet();
    /// A permit for each read; without a limit until [#hold].
    private final Semaphore reads = new Semaphore(1_000_000);
    private volatile Optional<Duration> life = Optional.empty();
    private volatile int signIns;

    private record Entry(Instant written, String text) {}

    /// Entries get their dates from there.
    void livesIn(InstantSource time) {
        clock = time;
    }

    /// Writes or overwrites an entry.
    void write(String id, String text) {
        entries.put(id, new Entry(clock.instant(), text));
    }

    /// Entries that are listed and cannot be read.
    Set<String> unreadable() {
        return unreadable;
    }

    /// The source forgets all sessions it has given out.
    void endSessions() {
        for (int i = 1; i <= signIns; i++) {
            ended.add(Integer.toString(i));
        }
    }

    /// Sessions opened from now on are said to end after so long.
    void sessionsLast(Duration duration) {
        life = Optional.of(duration);
    }

    /// Reads wait until [#release].
    void hold() {
        reads.drainPermits();
    }

    void release() {
        reads.release(1_000_000);
    }

    @Override
    public String sourceType() {
        return TYPE;
    }

    @Override
    public Catalogue catalogue() {
        return new Catalogue(Set.of("diary.owner"), Set.of(ENTRIES), Set.of(SCAN), Map.of());
    }

    @Override
    public synchronized Login signIn(SignIn signIn, Limits limits) {
        signIns++;
        return new Login.Opened(
                new Secret(Integer.toString(signIns)), Optional.empty(), life.map(clock.instant()::plus));
    }

    @Override
    public Login proceed(String identifier, Secret open, NextStep step, Limits limits) {
        throw new IllegalStateException("this source never asks for a second factor");
    }

    @Override
    public void signOut(Reading reading) {
        // Nobody to sign out from.
    }

    @Override
    public void info(Reading reading, String infoType, Feed feed) throws ConnectorException, InterruptedException {
        read(reading);
        feed.item(JsonNodeFactory.instance.objectNode().put("id", "owner"));
    }

    @Override
    public void data(Reading reading, String dataType, Window window, Feed feed)
            throws ConnectorException, InterruptedException {
        read(reading);
        for (var entry : entries.entrySet()) {
            if (!window.holds(entry.getValue().written())) {
                continue;
            }
            if (unreadable.contains(entry.getKey())) {
                feed.refused(entry.getKey(), ErrorCode.NOT_RETRIEVABLE, "The page is stuck.");
                continue;
            }
            var ref = new FileRef(SCAN, entry.getKey());
            var record = JsonNodeFactory.instance.objectNode();
            record.put("id", entry.getKey());
            record.put("text", entry.getValue().text());
            record.put("file", feed.fileId(ref));
            feed.item(record);
            if (feed.wants(SCAN)) {
                publish(ref, feed.files());
            }
        }
    }

    @Override
    public void files(Reading reading, List<FileRef> refs, Files files)
            throws ConnectorException, InterruptedException {
        read(reading);
        for (var ref : refs) {
            publish(ref, files);
        }
    }

    private void read(Reading reading) throws ConnectorException, InterruptedException {
        reads.acquire();
        if (ended.contains(reading.access().current().reveal())) {
            throw new ConnectorException.SessionLost("the test ended it");
        }
    }

    private void publish(FileRef ref, Files files) throws InterruptedException {
        if (files.isPublished(ref)) {
            return;
        }
        var entry = Objects.requireNonNull(entries.get(ref.locator()), "an entry of this diary");
        var bytes = entry.text().getBytes(StandardCharsets.UTF_8);
        var meta = new FileMeta(ref.locator() + ".txt", "txt", "text/plain", OptionalLong.of(bytes.length));
        try (var target = files.open(ref, meta)) {
            target.write(bytes, 0, bytes.length);
            target.commit(Target.Integrity.SIGNATURE);
        }
    }
}
