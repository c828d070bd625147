package ferry.sandbox.drive;

import static java.nio.charset.StandardCharsets.UTF_8;

import ferry.http.Exchange;
import ferry.sandbox.OpenService;
import ferry.sandbox.Replies;
import ferry.sandbox.defects.Defect;
import ferry.sandbox.defects.Defects;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/// The host of the files: whoever has an address that has not expired gets the bytes, whole or in part. Mounted as
/// `drive-content`.
public final class FileHost implements OpenService {
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d{1,9})-(\\d{1,9})?");
    private static final byte[] PAGE =
            "<!DOCTYPE html><html><head><title>iCloud</title></head><body>Service busy</body></html>\n".getBytes(UTF_8);

    private final Drives drives;
    private final InstantSource clock;

    public FileHost(Drives drives, InstantSource clock) {
        this.drives = drives;
        this.clock = clock;
    }

    @Override
    public void handle(Exchange exchange, String path) throws IOException {
        var address = exchange.method().equals("GET") ? Address.parse(exchange.query()) : Optional.<Address>empty();
        var node = address.flatMap(a -> drives.known(a.dsid()).flatMap(drive -> drive.find(a.docwsid())));
        if (address.isEmpty()) {
            Replies.empty(exchange, 403);
        } else if (!clock.instant().isBefore(address.get().expires())) {
            Replies.empty(exchange, 410);
        } else if (node.isEmpty()) {
            Replies.empty(exchange, 404);
        } else if (node.get().oddity() == Oddity.REDIRECT_ONCE && address.get().time() == 1) {
            Replies.empty(exchange, 330);
        } else {
            send(
                    exchange,
                    node.get(),
                    drives.known(address.get().dsid()).orElseThrow().defects());
        }
    }

    /// A package is known by its form alone, so that a byte in the midst of it is never another.
    private static void send(Exchange exchange, Node node, Defects defects) throws IOException {
        var content = node.content().orElseThrow();
        var bytes = content.bytes();
        exchange.set("Content-Type", "application/octet-stream").set("Accept-Ranges", "bytes");
        if (node.oddity() == Oddity.PAGE_INSTEAD || defects.strikes(Defect.HTML_BODY, node.docwsid())) {
            bytes = PAGE;
        } else if (node.oddity() == Oddity.CUT_SHORT || defects.strikes(Defect.TRUNCATED_BODY, node.docwsid())) {
            bytes = Arrays.copyOf(bytes, bytes.length / 10 * 9);
        } else if (node.oddity() == Oddity.FLIPPED_BYTE
                || (!content.isPackage() && defects.strikes(Defect.SWAPPED_BYTES, node.docwsid()))) {
            bytes[bytes.length / 2] ^= 1;
        }
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
