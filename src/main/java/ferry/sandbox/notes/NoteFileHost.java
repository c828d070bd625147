package ferry.sandbox.notes;

import static java.nio.charset.StandardCharsets.UTF_8;

import ferry.http.Exchange;
import ferry.sandbox.OpenService;
import ferry.sandbox.Replies;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/// The host of what is attached to notes: whoever has an address that has not expired gets the bytes, whole or
/// from a place on. Mounted as `note-content`.
public final class NoteFileHost implements OpenService {
    private static final Pattern PATH = Pattern.compile("/(\\d{1,18})/([A-Z0-9-]{36})");
    private static final Pattern EXPIRES = Pattern.compile("e=(\\d{1,12})");
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d{1,9})-");
    private static final byte[] PAGE =
            "<!DOCTYPE html><html><head><title>iCloud</title></head><body>Service busy</body></html>\n".getBytes(UTF_8);

    private final Notebooks notebooks;
    private final InstantSource clock;

    public NoteFileHost(Notebooks notebooks, InstantSource clock) {
        this.notebooks = notebooks;
        this.clock = clock;
    }

    @Override
    public void handle(Exchange exchange, String path) {
        var named = PATH.matcher(path);
        var file = named.matches() && exchange.method().equals("GET")
                ? notebooks.known(Long.parseLong(named.group(1))).flatMap(book -> book.file(named.group(2)))
                : Optional.<NoteFile>empty();
        var expires = EXPIRES.matcher(exchange.query());
        if (!expires.matches()) {
            Replies.empty(exchange, 403);
        } else if (Long.parseLong(expires.group(1)) <= clock.instant().getEpochSecond()) {
            Replies.empty(exchange, 410);
        } else if (file.isEmpty() || file.get().oddity() == NoteFile.Oddity.GONE) {
            Replies.empty(exchange, 404);
        } else {
            send(exchange, file.get().sent(PAGE));
        }
    }

    private static void send(Exchange exchange, byte[] bytes) {
        exchange.set("Content-Type", "application/octet-stream").set("Accept-Ranges", "bytes");
        var range = RANGE.matcher(exchange.header("Range").orElse(""));
        if (!range.matches()) {
            exchange.respond(200, bytes);
            return;
        }
        int from = Integer.parseInt(range.group(1));
        if (from >= bytes.length) {
            exchange.set("Content-Range", "bytes */" + bytes.length);
            Replies.empty(exchange, 416);
            return;
        }
        exchange.set("Content-Range", "bytes " + from + "-" + (bytes.length - 1) + "/" + bytes.length);
        exchange.respond(206, Arrays.copyOfRange(bytes, from, bytes.length));
    }
}
