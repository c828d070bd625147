package ferry.connector.icloud.web;

import ferry.connector.ConnectorException;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Limits;
import ferry.connector.Limits.HostClass;
import ferry.connector.Pulls;
import ferry.error.ErrorCode;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Fetches files, several at once ([Pulls]), each one at most twice (R18), and never more than the account
/// may have under way ([Limits#stream]). A file has its stream from before its address is looked up until all
/// its bytes are here, through every break of the line: whoever waits for one has no part of a file in
/// memory.
///
/// One file that cannot be had is refused, once, however many records have it, and the rest goes on. What
/// concerns all files (the session is lost, the content host is away, a sink failed) stops everything and
/// comes out of the next [#fetch] or of [#finish].
///
/// A file that the host does not deliver now is put off until the end, and refused by name where it does not
/// come then either. Where several in a row don't come, one that the host has delivered before is asked for
/// once more: only where that does not come either, or there is none, is the host away (ADR 0026).
public final class Downloads implements AutoCloseable {
    /// So many files in a row that the content host could not serve may mean that it is away.
    private static final int MAX_UNAVAILABLE = 5;
    /// Files put off until the end; each holds its records.
    private static final int MAX_PUT_OFF = 100;

    private final Files files;
    private final Limits limits;
    private final Pulls pulls;
    private final Set<FileRef> underWay = ConcurrentHashMap.newKeySet();
    private final SeenIds refused = new SeenIds();
    private final Queue<Wanted> putOff = new ConcurrentLinkedQueue<>();
    private final AtomicInteger unavailableInARow = new AtomicInteger();
    private final ReentrantLock looking = new ReentrantLock();
    /// One that came: just now, or to an earlier attempt.
    private volatile @Nullable Wanted delivered;

    /// @param limits of the account; say how many files are pulled at once
    public Downloads(Files files, Limits limits) {
        this.files = files;
        this.limits = limits;
        this.pulls = new Pulls(limits.parallel(HostClass.CONTENT));
    }

    /// A file that is asked for.
    public interface Wanted {
        /// Names it; the same file is not fetched twice at once.
        FileRef ref();

        /// Whether it holds bytes, which only the host can give.
        default boolean hasBytes() {
            return true;
        }

        /// Is told that it was given up.
        default void refused() {}

        /// One attempt. It opens and closes its own target.
        ///
        /// @param afresh the first attempt failed: its address had expired, or its body was spoilt on the way
        /// @throws ConnectorException.Refused where this one file can't be had
        Download.Outcome receive(Files files, Pulls.Turn turn, boolean afresh)
                throws ConnectorException, InterruptedException;
    }

    /// Starts a file, or waits until one of those under way has been pulled.
    public void fetch(Wanted wanted) throws ConnectorException, InterruptedException {
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
    public void finish() throws ConnectorException, InterruptedException {
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
        if (isRefused(wanted.ref())) {
            return;
        }
        if (files.isPublished(wanted.ref())) {
            came(wanted);
            return;
        }
        try {
            publish(wanted, turn);
        } catch (ConnectorException.Refused e) {
            refuse(wanted, e.code(), "The source refused the file.");
        } catch (ConnectorException.Unavailable e) {
            if (unavailableInARow.incrementAndGet() >= MAX_UNAVAILABLE && !delivers()) {
                throw e;
            }
            if (mayWait && putOff.size() < MAX_PUT_OFF) {
                putOff.add(wanted);
            } else {
                refuse(wanted, e.code(), "The source did not hand the file out; try again later.");
            }
        }
    }

    private void publish(Wanted wanted, Pulls.Turn turn) throws ConnectorException, InterruptedException {
        var outcome = receive(wanted, turn, false);
        if (outcome != Download.Outcome.DONE) {
            outcome = receive(wanted, turn, true);
        }
        switch (outcome) {
            case DONE -> {
                came(wanted);
                unavailableInARow.set(0);
            }
            case GONE ->
                refuse(wanted, ErrorCode.NOT_RETRIEVABLE, "The source lists the file but does not hand it out.");
            case MISMATCH ->
                refuse(
                        wanted,
                        ErrorCode.INTEGRITY_MISMATCH,
                        "What the source sent is not the file that it had signed.");
        }
    }

    private void refuse(Wanted wanted, ErrorCode why, String detail) {
        wanted.refused();
        boolean first;
        synchronized (refused) {
            first = refused.add(name(wanted.ref()));
        }
        if (first) {
            files.refused(wanted.ref(), why, detail);
        }
    }

    private boolean isRefused(FileRef ref) {
        synchronized (refused) {
            return refused.contains(name(ref));
        }
    }

    private static String name(FileRef ref) {
        return ref.fileType() + "/" + ref.locator();
    }

    private Download.Outcome receive(Wanted wanted, Pulls.Turn turn, boolean afresh)
            throws ConnectorException, InterruptedException {
        var stream = limits.stream(HostClass.CONTENT);
        try {
            return wanted.receive(
                    files,
                    () -> {
                        stream.close();
                        turn.over();
                    },
                    afresh);
        } finally {
            stream.close();
        }
    }

    private void came(Wanted wanted) {
        if (wanted.hasBytes()) {
            delivered = wanted;
        }
    }

    /// Whether the host still hands out what it did before.
    private boolean delivers() throws ConnectorException, InterruptedException {
        looking.lockInterruptibly();
        try {
            var known = delivered;
            if (unavailableInARow.get() == 0) {
                return true; // something has come meanwhile
            }
            boolean comes = known != null && comes(known);
            if (comes) {
                unavailableInARow.set(0);
            }
            return comes;
        } finally {
            looking.unlock();
        }
    }

    private boolean comes(Wanted known) throws ConnectorException, InterruptedException {
        var sample = new Sample();
        try (var _ = limits.stream(HostClass.CONTENT)) {
            known.receive(sample, () -> {}, true);
        } catch (Sample.Enough | ConnectorException.Refused | ConnectorException.Unavailable _) {
            // The sample tells.
        }
        return sample.came();
    }
}
