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

    /// What an upload needs that stays open while others begin and end, as a feed does around the files it lists: one
    /// buffer that nobody else waits for. Were it one of those that are shared, all of them might be held by feeds
    /// whose files wait for one.
    public static PartBuffers ofOne() {
        return new PartBuffers(1);
    }

    /// A buffer, until it is closed.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Lent(PartBuffers owner, byte[] bytes) implements AutoCloseable {
        @Override
        public void close() {
            owner.idle.add(bytes);
            owner.free.release();
        }
    }

    /// The first one of an upload: waits until one is free. Who has one never waits for another, so one is in the end.
    Lent take() throws InterruptedException {
        free.acquire();
        return lend();
    }

    /// One more for an upload that has one already; empty where none is free, or somebody waits for a first one.
    Optional<Lent> takeFree() throws InterruptedException {
        return free.tryAcquire(0, TimeUnit.SECONDS) ? Optional.of(lend()) : Optional.empty();
    }

    private Lent lend() {
        var old = idle.poll();
        return new Lent(this, old == null ? new byte[PART] : old);
    }
}
