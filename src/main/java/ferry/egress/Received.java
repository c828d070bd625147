package ferry.egress;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.zip.GZIPInputStream;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.NameValuePair;

/// The answer on the connection it came on.
final class Received implements Answer {
    /// What [#close] still reads of a body, if it is there already, to save the connection.
    private static final int LEFT_OVER = 16 * 1024;

    private final Call call;
    private final HttpUriRequestBase request;
    private final ClassicHttpResponse response;
    private final ScheduledExecutorService clock;
    private final Failures failures;
    private final Body raw;
    private final InputStream body;

    Received(
            Call call,
            Failures failures,
            HttpUriRequestBase request,
            ClassicHttpResponse response,
            ScheduledExecutorService clock)
            throws IOException {
        this.call = call;
        this.request = request;
        this.response = response;
        this.clock = clock;
        this.failures = failures;
        var entity = response.getEntity();
        raw = entity == null
                ? new Body(InputStream.nullInputStream(), 0)
                : new Body(entity.getContent(), entity.getContentLength());
        body = gzipped() ? new Unzipped(raw) : raw;
    }

    @Override
    public int status() {
        return response.getCode();
    }

    @Override
    public Optional<String> header(String name) {
        return Optional.ofNullable(response.getFirstHeader(name)).map(Header::getValue);
    }

    @Override
    public List<String> headers(String name) {
        return Arrays.stream(response.getHeaders(name))
                .map(NameValuePair::getValue)
                .toList();
    }

    @Override
    public List<ferry.egress.Header> allHeaders() {
        return Arrays.stream(response.getHeaders())
                .map(header -> new ferry.egress.Header(
                        header.getName(),
                        Objects.requireNonNullElse(header.getValue(), "").replaceAll("[\\x00-\\x1f\\x7f]", " ")))
                .toList();
    }

    @Override
    public InputStream body() {
        return body;
    }

    @Override
    public byte[] bytes(int atMost) throws IOException {
        try (var deadline = Deadline.start(clock, call.timeout(), request)) {
            raw.deadline = deadline::passed;
            var all = body.readNBytes(atMost);
            if (all.length == atMost && body.read() != -1) {
                throw new IOException(failures.target() + " answered more than " + atMost + " bytes");
            }
            return all;
        }
    }

    /// Closing what the client hands out would read the rest of the body first, which may be gigabytes, so an answer
    /// that was not read to its end is cancelled.
    @Override
    public void close() {
        if (!raw.ended && !raw.drained()) {
            request.cancel();
        }
        try {
            response.close();
        } catch (IOException | RuntimeException _) {
            return; // the connection is gone either way
        }
    }

    @Override
    public String toString() {
        return response.getCode() + " from " + failures.target();
    }

    private boolean gzipped() {
        return call.headers().stream()
                        .anyMatch(it -> it.name().equalsIgnoreCase("Accept-Encoding")
                                && it.value().equals("gzip"))
                && header("Content-Encoding").filter("gzip"::equalsIgnoreCase).isPresent();
    }

    /// The body as it came, with failures put into our words. Closing it does not close the answer.
    private final class Body extends FilterInputStream {
        private long left; // below zero: unknown
        private boolean ended;
        private java.util.function.BooleanSupplier deadline = () -> false;

        Body(InputStream in, long length) {
            super(in);
            left = length;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            int n = read(one, 0, 1);
            return n < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            try {
                int n = in.read(into, offset, length);
                ended |= n < 0;
                left -= Math.max(n, 0);
                return n;
            } catch (IOException | RuntimeException e) {
                throw failures.of(e, deadline.getAsBoolean());
            }
        }

        @Override
        public long skip(long n) throws IOException {
            return Math.max(0, read(new byte[(int) Math.min(n, 8192)]));
        }

        @Override
        public void close() {
            // the answer is closed by whoever got it
        }

        @Override
        public boolean markSupported() {
            return false;
        }

        /// Reads what has arrived; true where that was all, which is only known of a body with a length.
        boolean drained() {
            try {
                if (left < 0 || left > LEFT_OVER || left > in.available()) {
                    return false;
                }
                in.readNBytes((int) left);
                return in.read() == -1;
            } catch (IOException | RuntimeException _) {
                return false;
            }
        }
    }

    /// Reads the gzip header with the first byte, not when the answer is made: an empty body has none.
    private static final class Unzipped extends InputStream {
        private final InputStream raw;
        private Optional<InputStream> plain = Optional.empty();

        Unzipped(InputStream raw) {
            this.raw = raw;
        }

        @Override
        public int read() throws IOException {
            var one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (plain.isEmpty()) {
                var first = new java.io.PushbackInputStream(raw, 1);
                int byteOne = first.read();
                if (byteOne < 0) {
                    return -1;
                }
                first.unread(byteOne);
                plain = Optional.of(new GZIPInputStream(first, 8192));
            }
            int n = plain.get().read(into, offset, length);
            if (n < 0) {
                raw.read(); // sees the end of the answer itself, so that its connection can be used again
            }
            return n;
        }
    }
}
