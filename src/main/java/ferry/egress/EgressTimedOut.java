package ferry.egress;

import java.io.IOException;

/// The other side took too long. Not an `InterruptedIOException`, as the JDK's own timeouts are, so that an interrupt
/// of the caller and a slow server cannot be taken for each other.
public final class EgressTimedOut extends IOException {
    EgressTimedOut(String message) {
        super(message);
    }
}
