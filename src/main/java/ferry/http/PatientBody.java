package ferry.http;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/// A request's body that gives up on a client which sends nothing more. The library waits for ever; here the
/// reading thread is interrupted, which closes the connection under it.
final class PatientBody extends FilterInputStream {
    private static final ScheduledExecutorService WATCH = watch();

    private final Duration patience;

    PatientBody(InputStream body, Duration patience) {
        super(body);
        this.patience = patience;
    }

    /// Forgets an alarm when it is taken back, else every read of the last half minute would be kept.
    private static ScheduledExecutorService watch() {
        var watch = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().name("ferry-http-patience").daemon().factory());
        watch.setRemoveOnCancelPolicy(true);
        return watch;
    }

    /// One read and the thread that waits in it. The lock keeps an interrupt from reaching what comes after.
    private static final class Wait {
        private final Thread thread = Thread.currentThread();
        private boolean over;
        private boolean interrupted;

        synchronized void giveUp() {
            if (!over) {
                interrupted = true;
                thread.interrupt();
            }
        }

        /// Lets no interrupt come any more.
        ///
        /// @return whether it was given up
        synchronized boolean end() {
            over = true;
            if (interrupted) {
                var _ = Thread.interrupted();
            }
            return interrupted;
        }
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        var wait = new Wait();
        var alarm = WATCH.schedule(wait::giveUp, patience.toMillis(), TimeUnit.MILLISECONDS);
        try {
            int read = super.read(bytes, offset, length);
            var _ = wait.end();
            return read;
        } catch (IOException | RuntimeException e) {
            if (wait.end()) {
                var late = new SocketTimeoutException("the client sent nothing more for " + patience);
                late.initCause(e);
                throw late;
            }
            // The library's own exceptions say that the client is gone.
            throw new IOException("the body ended early", e);
        } finally {
            alarm.cancel(false);
        }
    }
}
