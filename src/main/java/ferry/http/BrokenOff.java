package ferry.http;

import java.io.IOException;

/// What a [WebServer.Handler] throws to close the connection in the middle of its answer. Not a failure.
public final class BrokenOff extends IOException {
    private static final long serialVersionUID = 1L;

    public BrokenOff() {
        super("the answer is broken off");
    }
}
