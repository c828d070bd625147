package ferry.egress;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.apache.hc.client5.http.ClientProtocolException;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.MessageConstraintException;

/// Says what went wrong with a call to one host, without saying what was called for: the client's own messages may
/// quote a header or a URL, so none of them that could is passed on.
record Failures(Target target, Duration patience) {
    IOException of(Exception failure, boolean tooLate) {
        if (failure instanceof Guard.Refusal refusal && !Thread.currentThread().isInterrupted()) {
            return refusal.why();
        }
        if (Thread.currentThread().isInterrupted()) {
            return new InterruptedIOException("interrupted while calling " + target);
        }
        if (tooLate || failure instanceof SocketTimeoutException || timedOutWaiting(failure)) {
            return new EgressTimedOut(target + " did not answer within " + patience);
        }
        if (failure instanceof ClientProtocolException
                || failure instanceof MessageConstraintException
                || failure instanceof RuntimeException
                || failure.getCause() instanceof HttpException) {
            return new IOException(target + " was not called, or answered what is not HTTP ("
                    + failure.getClass().getSimpleName() + ")");
        }
        return new IOException("the call to " + target + " failed: " + failure.getMessage(), failure);
    }

    private static boolean timedOutWaiting(Exception failure) {
        return failure instanceof ConnectionRequestTimeoutException;
    }
}
