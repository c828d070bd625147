package ferry.egress;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;

/// Cancels a request that is not through in time, however it drips: a socket's own timeout begins anew at each byte.
final class Deadline implements AutoCloseable {
    private enum State {
        RUNNING,
        MET,
        PASSED
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.RUNNING);
    private final Runnable stop;

    private Deadline(ScheduledExecutorService clock, Duration patience, HttpUriRequestBase request) {
        var alarm = clock.schedule(() -> expire(request), patience.toNanos(), TimeUnit.NANOSECONDS);
        stop = () -> alarm.cancel(false);
    }

    static Deadline start(ScheduledExecutorService clock, Duration patience, HttpUriRequestBase request) {
        return new Deadline(clock, patience, request);
    }

    /// Ends it. False where it had passed before, and the request is cancelled or about to be.
    boolean met() {
        stop.run();
        return state.compareAndSet(State.RUNNING, State.MET) || state.get() == State.MET;
    }

    boolean passed() {
        return state.get() == State.PASSED;
    }

    @Override
    public void close() {
        met();
    }

    private void expire(HttpUriRequestBase request) {
        if (state.compareAndSet(State.RUNNING, State.PASSED)) {
            Thread.ofVirtual().name("egress-cancel").start(request::cancel); // closing a socket may block
        }
    }
}
