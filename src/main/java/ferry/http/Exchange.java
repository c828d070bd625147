package ferry.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;

/// One request and its answer, as bytes. Used by one thread.
public interface Exchange {
    /// The method in upper case.
    String method();

    /// The path as it came, still percent-encoded.
    String path();

    /// The query as it came, still percent-encoded, without the question mark; empty where there is none.
    String query();

    /// The first header of that name, in any case of letters.
    Optional<String> header(String name);

    /// All headers of that name.
    List<String> headers(String name);

    /// The body; empty where there is none. Read at most once.
    InputStream body();

    /// Sets a header of the answer.
    Exchange set(String name, String value);

    /// Adds a header of the answer beside others of its name, such as `Set-Cookie`.
    Exchange add(String name, String value);

    /// Answers with a whole body.
    void respond(int status, byte[] body);

    /// Answers with a body of `length` bytes that the caller writes; the caller closes the stream.
    OutputStream respond(int status, long length) throws IOException;
}
