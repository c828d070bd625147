package ferry.http;

import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/// How the answer to one request goes out: written by the server's thread, read by whoever answers a repeat of the
/// request. Moments are [System#nanoTime] of this process.
final class Delivery {
    private final long arrived = System.nanoTime();
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();
    private volatile boolean writing;
    private volatile long writingSince;

    /// When the request came.
    long arrived() {
        return arrived;
    }

    /// The answer is about to be written. Said before the first byte: a client that has read it all cannot have
    /// asked again any earlier.
    void begins() {
        writingSince = System.nanoTime();
        writing = true;
    }

    /// The last byte was flushed, or will never be.
    ///
    /// @param delivered whether it was, and the answer was no 5xx
    void ends(boolean delivered) {
        ended.complete(delivered);
    }

    /// Whether the answer's writing began, at a moment before `other` came.
    boolean wasWrittenBefore(Delivery other) {
        return writing && writingSince - other.arrived < 0;
    }

    /// When it ended for a client: when the writing began, else now.
    long endedAt() {
        return writing ? writingSince : System.nanoTime();
    }

    /// Is told how it ended, at once where it has.
    void whenEnded(Consumer<Boolean> told) {
        var _ = ended.thenAccept(told);
    }
}
