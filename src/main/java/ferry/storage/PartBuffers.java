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

    private final int buffers;
    private final Semaphore free;
    private final Source source;

    /// Where the buffers come from: made here and kept, or those of all.
    private interface Source {
        byte[] take() throws InterruptedException;

        Optional<byte[]> takeFree() throws InterruptedException;

        void giveBack(byte[] bytes);
    }

    /// @param buffers how many are held at once
    public PartBuffers(int buffers) {
        this(buffers, new Made());
    }

    private PartBuffers(int buffers, Source source) {
        this.buffers = buffers;
        this.free = new Semaphore(buffers, true);
        this.source = source;
    }

    /// What one bucket may hold of these: three in four, and one at least, so that one that hangs leaves
    /// others the rest. Who waits here for the bucket's turn or for a buffer of all holds none, so the rule
    /// of [#take] stays true.
    PartBuffers ofBucket() {
        return new PartBuffers(Math.max(1, buffers * 3 / 4), new OfAll(this));
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
            owner.giveBack(bytes);
        }
    }

    /// The first one of an upload: waits until one is free. Who has one never waits for another, so one is in the end.
    Lent take() throws InterruptedException {
        free.acquire();
        return lent(() -> Optional.of(source.take())).orElseThrow();
    }

    /// One more for an upload that has one already; empty where none is free, or somebody waits for a first one.
    Optional<Lent> takeFree() throws InterruptedException {
        return free.tryAcquire(0, TimeUnit.SECONDS) ? lent(source::takeFree) : Optional.empty();
    }

    private interface Taking {
        Optional<byte[]> bytes() throws InterruptedException;
    }

    /// What was taken; the turn is given back where nothing was.
    private Optional<Lent> lent(Taking taking) throws InterruptedException {
        Optional<Lent> lent = Optional.empty();
        try {
            lent = taking.bytes().map(bytes -> new Lent(this, bytes));
            return lent;
        } finally {
            if (lent.isEmpty()) {
                free.release();
            }
        }
    }

    private void giveBack(byte[] bytes) {
        source.giveBack(bytes);
        free.release();
    }

    /// Made when they are first needed, and kept.
    private record Made(ConcurrentLinkedQueue<byte[]> idle) implements Source {
        Made() {
            this(new ConcurrentLinkedQueue<>());
        }

        @Override
        public byte[] take() {
            var old = idle.poll();
            return old == null ? new byte[PART] : old;
        }

        @Override
        public Optional<byte[]> takeFree() {
            return Optional.of(take());
        }

        @Override
        public void giveBack(byte[] bytes) {
            idle.add(bytes);
        }
    }

    /// Those that all buckets share.
    private record OfAll(PartBuffers all) implements Source {
        @Override
        public byte[] take() throws InterruptedException {
            return all.take().bytes();
        }

        @Override
        public Optional<byte[]> takeFree() throws InterruptedException {
            return all.takeFree().map(Lent::bytes);
        }

        @Override
        public void giveBack(byte[] bytes) {
            all.giveBack(bytes);
        }
    }
}
