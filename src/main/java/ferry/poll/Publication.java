package ferry.poll;

import ferry.access.OrgId;
import ferry.connector.FileRef;
import ferry.db.Database;
import ferry.error.ErrorCode;
import ferry.http.SharedReads;
import ferry.result.Results;
import ferry.source.FileIds;
import ferry.source.Source;
import ferry.storage.About;
import ferry.storage.Intake;
import ferry.storage.Labels;
import ferry.storage.ObjectKey;
import ferry.storage.PublishException;
import ferry.storage.Publisher;
import ferry.storage.StorageConfig;
import ferry.task.Attempt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/// What one attempt publishes and what it could not: counts both, records both inside the attempt's fence, and
/// keeps the task's progress. Thread-safe. Closed before its publisher, by whoever made it; all is recorded then.
final class Publication implements AutoCloseable {
    private static final int PROBLEMS_AT_ONCE = 100;

    private final Database db;
    private final Attempt attempt;
    private final Poll poll;
    private final Source source;
    private final StorageConfig config;
    private final Publisher publisher;
    private final Results results;
    private final PollErrors errors;
    private final FileIds fileIds;
    private final Told told;

    private final SharedReads<UUID, String, Boolean> known = new SharedReads<>((_, identifiers) -> known(identifiers));
    private final Seen seen;
    private final Recorder recorder = new Recorder(this::recordAll);
    private final ConcurrentHashMap<String, CompletableFuture<Boolean>> pending = new ConcurrentHashMap<>();
    private final List<PollErrors.Problem> unsaved = new ArrayList<>();
    private long items;
    private long bytes;
    private long published;
    private long refused;
    private Optional<Long> expected = Optional.empty();

    /// @param alone whether no other task of the poll adds results meanwhile
    Publication(
            Database db,
            Attempt attempt,
            Poll poll,
            Source source,
            StorageConfig config,
            Publisher publisher,
            Results results,
            PollErrors errors,
            FileIds fileIds,
            boolean alone,
            Told told) {
        this.db = db;
        this.attempt = attempt;
        this.poll = poll;
        this.source = source;
        this.config = config;
        this.publisher = publisher;
        this.results = results;
        this.errors = errors;
        this.fileIds = fileIds;
        this.told = told;
        this.seen = Seen.of(db, results, poll, alone);
    }

    /// Hears of each new result, in the transaction that records it.
    @FunctionalInterface
    interface Told {
        void created(Handle tx, String identifier);
    }

    OrgId organisation() {
        return poll.organisation();
    }

    UUID poll() {
        return poll.id();
    }

    Poll asked() {
        return poll;
    }

    Source source() {
        return source;
    }

    StorageConfig config() {
        return config;
    }

    Publisher publisher() {
        return publisher;
    }

    Attempt attempt() {
        return attempt;
    }

    /// Starts an object of that result. What it says of itself in its bucket is dated by the poll, so that a repeated
    /// attempt writes the same object.
    ///
    /// @param name what the source calls it
    Intake open(ObjectKey key, String identifier, String mediaType, Optional<String> name)
            throws PublishException, InterruptedException {
        return Intake.open(publisher, key, about(identifier, mediaType, name), config.recipients());
    }

    /// Starts the object of a feed, which stays open while files are published.
    Intake openFeed(ObjectKey key, String identifier, String mediaType) throws PublishException, InterruptedException {
        var about = about(identifier, mediaType, Optional.empty()).stayingOpen();
        return Intake.open(publisher, key, about, config.recipients());
    }

    private About about(String identifier, String mediaType, Optional<String> name) {
        var labels = Labels.of(poll.id(), source.type(), identifier, poll.dateCreated());
        return config.about(mediaType, labels, name);
    }

    String fileId(FileRef ref) {
        return fileIds.issue(organisation(), source.id(), ref);
    }

    /// Whether the poll has this result already. Outside the fence, which is one row that all files of a task would
    /// queue for: a superseded attempt learns that it is one when it records. Files that ask together are looked up
    /// together; and nothing is asked about one that nobody but this attempt can have recorded.
    boolean has(String identifier) {
        return !(attempt.isSurelyCurrent() && seen.isNew(identifier)) && isKnown(identifier);
    }

    private boolean isKnown(String identifier) {
        return known.find(poll.id(), identifier).isPresent();
    }

    /// Whether the poll has this result already, as far as that can be told at little cost: one that another task has
    /// added since this attempt began may be missing. [#has] knows better.
    boolean mayHave(String identifier) {
        return !seen.isNew(identifier) && isKnown(identifier);
    }

    /// Makes this the only file of its identifier that this attempt publishes now, until [#record] has recorded it or
    /// [#release] gives it up. Waits for another one; whether that was recorded is then to be asked.
    void claim(String identifier) throws InterruptedException {
        recorder.throwFailure();
        var mine = new CompletableFuture<Boolean>();
        for (var other = pending.putIfAbsent(identifier, mine);
                other != null;
                other = pending.putIfAbsent(identifier, mine)) {
            try {
                other.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException("it never fails", e);
            }
        }
    }

    /// Lets others publish that identifier.
    void release(String identifier) {
        var mine = pending.remove(identifier);
        if (mine != null) {
            mine.complete(true);
        }
    }

    /// Sees to it that a result is recorded, together with others. The object is in the bucket, and verified, and its
    /// identifier claimed, which it is until then. [#settle] tells when.
    ///
    /// @param then runs once it is recorded, on another thread; must not block
    /// @throws ferry.task.LeaseLost if another attempt was seen to have the task
    void record(Results.Published object, Runnable then) throws InterruptedException {
        recorder.add(object, recorded -> {
            if (recorded) {
                seen.add(object.identifier());
                done(object);
                then.run();
            }
            release(object.identifier());
        });
    }

    /// Waits until all results are recorded.
    ///
    /// @throws ferry.task.LeaseLost if another attempt has the task now
    void settle() throws InterruptedException {
        recorder.settle();
    }

    @Override
    public void close() {
        recorder.close();
    }

    /// Records results at once, all or none, and writes what must not be there without it.
    ///
    /// @throws ferry.task.LeaseLost if another attempt has the task now
    void recordNow(List<Results.Published> objects, Consumer<Handle> with) {
        attempt.fenced(tx -> {
            with.accept(tx);
            return record(tx, objects);
        });
        objects.forEach(this::done);
    }

    private Map<String, Boolean> known(Set<String> identifiers) {
        var there = db.read(organisation(), tx -> results.known(tx, organisation(), poll.id(), identifiers));
        return there.stream().collect(Collectors.toMap(it -> it, _ -> true));
    }

    private void recordAll(List<Results.Published> objects) {
        attempt.fenced(tx -> record(tx, objects));
    }

    private Set<String> record(Handle tx, List<Results.Published> objects) {
        var fresh = results.record(tx, organisation(), objects);
        fresh.forEach(identifier -> told.created(tx, identifier));
        return fresh;
    }

    private void done(Results.Published object) {
        synchronized (this) {
            published++;
            bytes += object.stored().length();
        }
        progress();
    }

    /// Notes something that could not be had; the rest goes on.
    void refused(Optional<String> item, ErrorCode why, String detail) {
        List<PollErrors.Problem> full = List.of();
        synchronized (this) {
            refused++;
            unsaved.add(new PollErrors.Problem(why, detail, item));
            if (unsaved.size() >= PROBLEMS_AT_ONCE) {
                full = List.copyOf(unsaved);
                unsaved.clear();
            }
        }
        save(full);
    }

    /// Records the problems that are still in memory.
    void flush() {
        List<PollErrors.Problem> rest;
        synchronized (this) {
            rest = List.copyOf(unsaved);
            unsaved.clear();
        }
        save(rest);
    }

    /// What an earlier attempt of this task noted is found again by this one, or not.
    void forgetEarlierProblems() {
        attempt.fenced(tx -> {
            errors.forget(tx, organisation(), attempt.task().id());
            return poll;
        });
    }

    synchronized void expect(long total) {
        expected = Optional.of(total);
    }

    /// One more item is done.
    void item() {
        synchronized (this) {
            items++;
        }
        progress();
    }

    synchronized long published() {
        return published;
    }

    synchronized long refused() {
        return refused;
    }

    private void progress() {
        synchronized (this) {
            attempt.progress(items, expected.orElse(null), bytes);
        }
    }

    private void save(List<PollErrors.Problem> problems) {
        if (!problems.isEmpty()) {
            attempt.fenced(tx -> {
                errors.add(tx, organisation(), poll.id(), attempt.task().id(), problems);
                return poll;
            });
        }
    }
}
