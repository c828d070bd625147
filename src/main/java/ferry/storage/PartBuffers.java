package ferry.storage;

import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// The memory in which large objects are cut into parts, shared by all uploads of the process so that their number
/// does not decide how much it needs. Thread-safe.
public final class PartBuffers {
    /// Bytes of a part: above the least that S3 takes (5 MiB), and a multiple of what Google does (256 KiB).
    public static final int PART = 8 * 1024 * 1024;

    private static final long PATIENCE_SECONDS = 2;

    private final Semaphore free;
    private final ConcurrentLinkedQueue<byte[]> idle = new ConcurrentLinkedQueue<>();

    /// @param buffers how many are held at once
    public PartBuffers(int buffers) {
        free = new Semaphore(buffers, true);
    }

    /// As many as fit in a quarter of the heap, and two at least.
    public static PartBuffers ofHeap() {
        return new PartBuffers(Math.clamp(Runtime.getRuntime().maxMemory() / 4 / PART, 2, 64));
    }

    /// A buffer, until it is closed.
    ///
    /// @param counted whether it is one of those that are held at once
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Lent(PartBuffers owner, byte[] bytes, boolean counted) implements AutoCloseable {
        @Override
        public void close() {
            if (counted) {
                owner.idle.add(bytes);
                owner.free.release();
            }
        }
    }

    /// Waits a moment for one. Where none comes back it makes one more, rather than wait for an upload that may
    /// itself be waiting for this one: a feed stays open while the files it lists are published.
    Lent take() throws InterruptedException {
        boolean counted = free.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS);
        return lend(counted);
    }

    /// One more for an upload that has one already; empty where none is free, or somebody waits for a first one.
    Optional<Lent> takeFree() throws InterruptedException {
        return free.tryAcquire(0, TimeUnit.SECONDS) ? Optional.of(lend(true)) : Optional.empty();
    }

    private Lent lend(boolean counted) {
        var old = counted ? idle.poll() : null;
        return new Lent(this, old == null ? new byte[PART] : old, counted);
    }
}
