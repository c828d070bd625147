package ferry.egress;

import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// One request to the outside.
///
/// @param method as it goes over the wire, such as `GET`
/// @param url absolute, http or https; path and query are sent as they stand here
/// @param headers in the order they are sent. `Host` and `Content-Length` are Ferry's own to write and are left out
/// @param body sent with its `Content-Length`; not copied. Without one, POST, PUT and PATCH send `Content-Length: 0`
/// @param stream sent in place of a body; a call that has one can be sent once
/// @param timeout from the start to the answer's head, connecting included, and again for each read of its body
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Call(
        String method,
        URI url,
        List<Header> headers,
        Optional<byte[]> body,
        Optional<Stream> stream,
        Duration timeout) {
    /// What [#get] and [#post] wait.
    public static final Duration PATIENCE = Duration.ofSeconds(30);

    /// A body that is not held as a whole.
    ///
    /// @param bytes read to their end on the thread that sends; closed by whoever opened them
    /// @param length how many there are
    public record Stream(InputStream bytes, long length) {}

    public Call {
        headers = List.copyOf(headers);
        if (method.isEmpty() || !method.chars().allMatch(c -> c >= 'A' && c <= 'Z')) {
            throw new IllegalArgumentException("not a method");
        }
        if (timeout.isNegative() || timeout.isZero()) {
            throw new IllegalArgumentException("a timeout must be more than nothing, not " + timeout);
        }
    }

    /// One whose body, if any, is held as a whole.
    public Call(String method, URI url, List<Header> headers, Optional<byte[]> body, Duration timeout) {
        this(method, url, headers, body, Optional.empty(), timeout);
    }

    public static Call get(URI url) {
        return new Call("GET", url, List.of(), Optional.empty(), PATIENCE);
    }

    public static Call post(URI url, byte[] body, String contentType) {
        return new Call("POST", url, List.of(new Header("Content-Type", contentType)), Optional.of(body), PATIENCE);
    }

    public static Call put(URI url, byte[] body, String contentType) {
        return new Call("PUT", url, List.of(new Header("Content-Type", contentType)), Optional.of(body), PATIENCE);
    }

    public static Call delete(URI url) {
        return new Call("DELETE", url, List.of(), Optional.empty(), PATIENCE);
    }

    /// The same with one header more; one of the same name stays beside it.
    public Call with(String name, String value) {
        var more = new ArrayList<>(headers);
        more.add(new Header(name, value));
        return new Call(method, url, more, body, stream, timeout);
    }

    /// The same with a body that is read while it is sent, in place of any other.
    public Call streaming(InputStream bytes, long length) {
        return new Call(method, url, headers, Optional.empty(), Optional.of(new Stream(bytes, length)), timeout);
    }

    /// The same with another patience.
    public Call within(Duration patience) {
        return new Call(method, url, headers, body, stream, patience);
    }

    /// The same, and a body that comes compressed is handed out plain ([Answer#body]).
    public Call acceptingGzip() {
        return with("Accept-Encoding", "gzip");
    }

    @Override
    public String toString() {
        return method + " " + Target.origin(url) + " " + headers
                + body.map(it -> ", " + it.length + " bytes").orElse("")
                + stream.map(it -> ", " + it.length() + " bytes").orElse("");
    }
}
