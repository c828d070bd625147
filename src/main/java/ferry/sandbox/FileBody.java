package ferry.sandbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import ferry.http.Exchange;
import java.util.Arrays;
import java.util.regex.Pattern;

/// A file's bytes as a host hands them out, right or wrong.
public final class FileBody {
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d{1,9})-(\\d{1,9})?");
    private static final byte[] PAGE =
            "<!DOCTYPE html><html><head><title>iCloud</title></head><body>Service busy</body></html>\n".getBytes(UTF_8);

    private FileBody() {}

    /// The page that comes in place of a file.
    public static byte[] page() {
        return PAGE.clone();
    }

    /// How much is left of a file that ends early.
    public static long cutShort(long length) {
        return length / 10 * 9;
    }

    /// What is left of a file that ends early.
    public static byte[] cutShort(byte[] bytes) {
        return Arrays.copyOf(bytes, (int) cutShort(bytes.length));
    }

    /// Turns the byte in the middle over, in place.
    ///
    /// @return the same array
    public static byte[] flipped(byte[] bytes) {
        bytes[bytes.length / 2] ^= 1;
        return bytes;
    }

    /// Answers with all of it or with the part that `Range` asks for.
    public static void send(Exchange exchange, byte[] bytes) {
        exchange.set("Content-Type", "application/octet-stream").set("Accept-Ranges", "bytes");
        var range = RANGE.matcher(exchange.header("Range").orElse(""));
        if (!range.matches()) {
            exchange.respond(200, bytes);
            return;
        }
        int from = Integer.parseInt(range.group(1));
        int to = range.group(2) == null ? bytes.length : Math.min(bytes.length, Integer.parseInt(range.group(2)) + 1);
        if (from >= to) {
            exchange.set("Content-Range", "bytes */" + bytes.length);
            Replies.empty(exchange, 416);
            return;
        }
        exchange.set("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + bytes.length);
        exchange.respond(206, Arrays.copyOfRange(bytes, from, to));
    }
}
