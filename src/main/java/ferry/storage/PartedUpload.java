package ferry.storage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/// Cuts an object into parts. What fits in one is held until it is verified and put in one request; of anything
/// larger one part is held, and a few more are on their way, each on a thread of its own, as far as there is memory
/// for them. Nothing is visible before [#commit].
public final class PartedUpload implements Upload {
    /// Up to here an upload has memory of its own, so that small objects never wait for each other. Little: there may
    /// be a dozen for each task.
    private static final int SMALL = 256 * 1024;

    private final LargeObject object;
    private final PartBuffers buffers;
    private final List<Thread> senders = new ArrayList<>();
    private final BlockingQueue<Landed> landed = new LinkedBlockingQueue<>();
    private byte[] held = new byte[PIECE];
    private Optional<PartBuffers.Lent> lent = Optional.empty();
    private int filled;
    private int parts;
    private int underWay;
    private boolean committed;

    public PartedUpload(LargeObject object, PartBuffers buffers) {
        this.object = object;
        this.buffers = buffers;
    }

    /// A part that is no longer under way.
    ///
    /// @param failure null where it has arrived
    private record Landed(PartBuffers.Lent buffer, @Nullable Throwable failure) {}

    @Override
    public void write(byte[] bytes, int offset, int length) throws PublishException, InterruptedException {
        int done = 0;
        while (done < length) {
            if (filled == PartBuffers.PART) {
                send();
            }
            int some = Math.min(length - done, PartBuffers.PART - filled);
            makeRoom(filled + some);
            System.arraycopy(bytes, offset + done, held, filled, some);
            filled += some;
            done += some;
        }
    }

    @Override
    public void restart() {
        forget();
        filled = 0;
        parts = 0;
    }

    @Override
    public void commit(Stored measured) throws PublishException, InterruptedException {
        if (parts > 0) {
            while (underWay > 0) {
                awaitOne().close();
            }
            object.finish(parts + 1, held, filled, measured);
        } else {
            object.whole(held, filled, measured);
        }
        committed = true;
    }

    @Override
    public void close() {
        forget();
        lent.ifPresent(PartBuffers.Lent::close);
        lent = Optional.empty();
        held = new byte[0];
    }

    /// Sends what is held, and goes on in other memory: one more buffer where one is free, else that of a part that has
    /// arrived. So an upload never waits for anybody else's.
    private void send() throws PublishException, InterruptedException {
        if (parts == 0) {
            object.begin();
        }
        Optional<PartBuffers.Lent> next = underWay < object.parallel() ? Optional.empty() : Optional.of(awaitOne());
        var full = lent.orElseThrow();
        int number = ++parts;
        lent = next;
        underWay++;
        senders.add(Thread.ofVirtual().start(() -> landed.add(new Landed(full, sent(number, full.bytes())))));
        if (lent.isEmpty()) {
            lent = buffers.takeFree();
        }
        if (lent.isEmpty()) {
            lent = Optional.of(awaitOne());
        }
        held = lent.get().bytes();
        filled = 0;
    }

    private @Nullable Throwable sent(int number, byte[] bytes) {
        try {
            object.part(number, bytes);
            return null;
        } catch (Throwable e) {
            return e;
        }
    }

    /// Waits until a part has arrived, and gives its memory.
    private PartBuffers.Lent awaitOne() throws PublishException, InterruptedException {
        var one = landed.take();
        underWay--;
        senders.removeIf(thread -> !thread.isAlive());
        var failure = one.failure();
        if (failure == null) {
            return one.buffer();
        }
        one.buffer().close();
        switch (failure) {
            case PublishException e -> throw e;
            case InterruptedException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(failure);
        }
    }

    /// A part that arrives after the others were forgotten would stay: so what is under way is stopped first.
    private void forget() {
        senders.forEach(Thread::interrupt);
        senders.clear();
        boolean interrupted = Thread.interrupted();
        while (underWay > 0) {
            try {
                landed.take().buffer().close();
                underWay--;
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (parts > 0 && !committed) {
            object.abandon();
        }
    }

    private void makeRoom(int needed) throws InterruptedException {
        if (needed <= held.length) {
            return;
        }
        if (needed <= SMALL) {
            held = Arrays.copyOf(held, Math.min(SMALL, Math.max(needed, 2 * held.length)));
            return;
        }
        var large = buffers.take();
        lent = Optional.of(large);
        System.arraycopy(held, 0, large.bytes(), 0, filled);
        held = large.bytes();
    }
}
