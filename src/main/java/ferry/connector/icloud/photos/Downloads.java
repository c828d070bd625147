package ferry.connector.icloud.photos;

import ferry.connector.ConnectorException;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Pulls;
import ferry.connector.Target;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Signature;
import ferry.egress.Answer;
import ferry.error.ErrorCode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/// Fetches the bytes of files, several at once ([Pulls]), checks them against the source's signature and commits them
/// (R18, R20).
///
/// One file that cannot be had is refused and the rest goes on. What concerns all files (the session is lost,
/// the content host is away, a sink failed) stops everything and comes out of the next [#fetch] or of
/// [#finish].
final class Downloads implements AutoCloseable {
    /// The source's URLs live an hour; older ones than this are looked up anew (R18).
    private static final Duration MAX_AGE = Duration.ofMinutes(20);

    private static final int BUFFER = 64 * 1024;
    private static final int MAX_RESUMES = 4;
    /// So many files in a row that the content host could not serve mean that it is away.
    private static final int MAX_UNAVAILABLE = 5;
    /// Files put off until the end; each holds its records.
    private static final int MAX_PUT_OFF = 100;

    private final Calls calls;
    private final PhotosDatabase database;
    private final Files files;
    private final InstantSource clock;
    private final Pulls pulls;
    private final Set<FileRef> underWay = ConcurrentHashMap.newKeySet();
    private final Queue<Wanted> putOff = new ConcurrentLinkedQueue<>();
    private final AtomicInteger unavailableInARow = new AtomicInteger();

    Downloads(Calls calls, PhotosDatabase database, Files files, InstantSource clock, int parallel) {
        this.calls = calls;
        this.database = database;
        this.files = files;
        this.clock = clock;
        this.pulls = new Pulls(parallel);
    }

    /// A file that is asked for.
    ///
    /// @param received when its record came, from which its URL ages
    record Wanted(Photo photo, Variant variant, Instant received) {
        FileRef ref() {
            return variant.ref(photo);
        }

        Optional<Resource> resource() {
            return variant.of(photo);
        }
    }

    /// How an attempt at a file ended.
    private enum Outcome {
        DONE,
        GONE,
        MISMATCH
    }

    /// Starts a file, or waits until one of those under way has been pulled.
    void fetch(Wanted wanted) throws ConnectorException, InterruptedException {
        pulls.start(turn -> {
            if (underWay.add(wanted.ref())) {
                try {
                    publish(wanted, turn, true);
                } finally {
                    underWay.remove(wanted.ref());
                }
            }
        });
    }

    /// Waits for all files, those that were put off included.
    void finish() throws ConnectorException, InterruptedException {
        pulls.finish();
        for (var wanted = putOff.poll(); wanted != null; wanted = putOff.poll()) {
            publish(wanted, () -> {}, false);
        }
    }

    /// Stops what is still under way, and waits for it.
    @Override
    public void close() {
        pulls.close();
    }

    /// @param mayWait whether a busy host only puts the file off until the end
    private void publish(Wanted wanted, Pulls.Turn turn, boolean mayWait)
            throws ConnectorException, InterruptedException {
        if (files.isPublished(wanted.ref())) {
            return;
        }
        try {
            publish(wanted, turn);
            unavailableInARow.set(0);
        } catch (ConnectorException.Refused e) {
            files.refused(wanted.ref(), e.code(), "The source refused the file.");
        } catch (ConnectorException.Unavailable e) {
            if (unavailableInARow.incrementAndGet() >= MAX_UNAVAILABLE || putOff.size() >= MAX_PUT_OFF) {
                throw e;
            }
            if (mayWait) {
                putOff.add(wanted);
            } else {
                files.refused(wanted.ref(), e.code(), "The source did not hand the file out; try again later.");
            }
        }
    }

    private void publish(Wanted wanted, Pulls.Turn turn) throws ConnectorException, InterruptedException {
        var current = isUsable(wanted) ? wanted : lookedUp(wanted);
        var outcome = attempt(current, turn);
        if (outcome != Outcome.DONE) {
            // A URL may have expired, and a body may have been spoilt on the way: once more, with a fresh URL.
            outcome = attempt(lookedUp(current), turn);
        }
        switch (outcome) {
            case DONE -> {}
            case GONE ->
                files.refused(
                        wanted.ref(), ErrorCode.NOT_RETRIEVABLE, "The source lists the file but does not hand it out.");
            case MISMATCH ->
                files.refused(
                        wanted.ref(),
                        ErrorCode.INTEGRITY_MISMATCH,
                        "What the source sent is not the file that it had signed.");
        }
    }

    private boolean isUsable(Wanted wanted) {
        return wanted.received().plus(MAX_AGE).isAfter(clock.instant())
                && wanted.resource().flatMap(Resource::url).isPresent();
    }

    /// The same file with a fresh URL; where the source no longer has the record, as it was without one.
    private Wanted lookedUp(Wanted wanted) throws ConnectorException, InterruptedException {
        var photo = wanted.photo();
        boolean onMaster = wanted.variant().holder() == Variant.Holder.MASTER;
        var stale = onMaster ? photo.master() : photo.asset();
        var page = database.lookup(photo.library(), List.of(stale.name()));
        var fresh = page.records().stream()
                .filter(r -> r.name().equals(stale.name()) && r.error().isEmpty() && !r.isTombstone())
                .findFirst()
                .orElse(CloudRecord.NONE);
        var renewed = onMaster
                ? new Photo(photo.library(), photo.asset(), fresh)
                : new Photo(photo.library(), fresh, photo.master());
        return new Wanted(renewed, wanted.variant(), page.received());
    }

    private Outcome attempt(Wanted wanted, Pulls.Turn turn) throws ConnectorException, InterruptedException {
        var resource = wanted.resource();
        if (resource.isEmpty() || resource.get().url().isEmpty()) {
            return Outcome.GONE;
        }
        var meta = PhotoEntry.meta(wanted.photo(), wanted.variant(), resource.get());
        try (var target = files.open(wanted.ref(), meta)) {
            return new Body(target, resource.get(), turn)
                    .receive(resource.get().url().get());
        }
    }

    /// One file on its way into its target: counted and digested in passing, resumed where it broke off.
    private final class Body {
        private final Target target;
        private final Resource resource;
        private final Optional<Signature> signature;
        private final Pulls.Turn turn;
        private long furthest;

        Body(Target target, Resource resource, Pulls.Turn turn) {
            this.target = target;
            this.turn = turn;
            this.resource = resource;
            this.signature = resource.checksum().flatMap(Signature::of);
        }

        Outcome receive(String url) throws ConnectorException, InterruptedException {
            for (int resumes = 0; resumes <= MAX_RESUMES; resumes++) {
                boolean ended = false;
                try (var answer = calls.content(url, target.written())) {
                    switch (answer.status()) {
                        case 200 -> {
                            restart();
                            ended = take(answer);
                        }
                        case 206 -> {
                            if (!continues(answer)) {
                                restart();
                                continue;
                            }
                            ended = take(answer);
                        }
                        case 416, 500, 502, 504 -> restart();
                        default -> {
                            return Outcome.GONE;
                        }
                    }
                }
                if (ended && !isShort()) {
                    return settled();
                }
                if (ended && target.written() <= furthest) {
                    return Outcome.MISMATCH; // it ends early each time, at the same byte: no accident of the line
                }
                furthest = Math.max(furthest, target.written());
            }
            throw new ConnectorException.Unavailable(
                    Duration.ofMinutes(1), ErrorCode.SERVICE_UNAVAILABLE, "The source breaks off its files.");
        }

        private void restart() throws InterruptedException {
            if (target.written() > 0) {
                target.restart();
                signature.ifPresent(Signature::restart);
            }
        }

        /// Whether a partial answer starts at the byte that is wanted; one that doesn't say is taken at its
        /// word.
        private boolean continues(Answer answer) {
            return answer.header("Content-Range")
                    .map(range -> range.replace(" ", "").startsWith("bytes" + target.written() + "-"))
                    .orElse(true);
        }

        /// @return whether the body came to its end, or beyond the end that it should have; false where it
        /// broke off
        private boolean take(Answer answer) throws InterruptedException {
            var buffer = new byte[BUFFER];
            var body = answer.body();
            while (true) {
                int length;
                try {
                    length = body.read(buffer);
                } catch (IOException _) {
                    if (Thread.interrupted()) {
                        throw new InterruptedException();
                    }
                    return false;
                }
                if (length < 0) {
                    return true;
                }
                signature.ifPresent(s -> s.update(buffer, 0, length));
                target.write(buffer, 0, length);
                if (isLong()) {
                    return true;
                }
            }
        }

        private boolean isShort() {
            return resource.size().isPresent()
                    && target.written() < resource.size().getAsLong();
        }

        private boolean isLong() {
            return resource.size().isPresent()
                    && target.written() > resource.size().getAsLong();
        }

        private Outcome settled() throws InterruptedException {
            boolean known = resource.size().isPresent() || signature.isPresent();
            if (!known || isLong() || signature.map(s -> !s.matches()).orElse(false)) {
                return Outcome.MISMATCH;
            }
            turn.over();
            target.commit(signature.isPresent() ? Target.Integrity.SIGNATURE : Target.Integrity.SIZE_ONLY);
            return Outcome.DONE;
        }
    }
}
