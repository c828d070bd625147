package ferry.egress;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;

/// What came back. Whoever got it closes it; used by one thread at a time. Any status is an ordinary number.
public interface Answer extends AutoCloseable {
    int status();

    /// The first of that name, which is compared without regard to case.
    Optional<String> header(String name);

    /// All of that name, in the order they came; `Set-Cookie` comes several times.
    List<String> headers(String name);

    /// All of them, in the order they came.
    List<Header> allHeaders();

    /// The body as it streams in, of any length, never held as a whole. Empty where the answer has none. A read that
    /// takes longer than the call's timeout fails with [EgressTimedOut]; an interrupt of the reading virtual thread
    /// with `InterruptedIOException`; a body that ends early with another `IOException`. Encoded as it came, unless
    /// the call had [Call#acceptingGzip].
    InputStream body();

    /// The whole body, within the call's timeout.
    ///
    /// @throws IOException also where it is longer than `atMost`, which is noticed without reading more than that
    byte[] bytes(int atMost) throws IOException;

    /// Gives the connection back if the body was read to its end, else drops it: fast, however much is missing.
    @Override
    void close();
}
