package ferry.storage;

import java.util.Arrays;
import java.util.Optional;

/// Cuts an object into parts. What fits in one is held until it is verified and put in one request; of anything
/// larger at most one part is held. Nothing is visible before [#commit].
public final class PartedUpload implements Upload {
    /// Up to here an upload has memory of its own, so that small objects never wait for each other.
    private static final int SMALL = 1024 * 1024;

    private final LargeObject object;
    private final PartBuffers buffers;
    private byte[] held = new byte[PIECE];
    private Optional<PartBuffers.Lent> lent = Optional.empty();
    private int filled;
    private boolean parted;
    private boolean committed;

    public PartedUpload(LargeObject object, PartBuffers buffers) {
        this.object = object;
        this.buffers = buffers;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws PublishException, InterruptedException {
        int done = 0;
        while (done < length) {
            if (filled == PartBuffers.PART) {
                object.part(held);
                parted = true;
                filled = 0;
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
        parted = false;
    }

    @Override
    public void commit(Stored measured) throws PublishException, InterruptedException {
        if (parted) {
            object.finish(held, filled, measured);
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

    private void forget() {
        if (parted && !committed) {
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
