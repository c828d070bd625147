package ferry.sandbox.photos;

import ferry.http.BrokenOff;
import ferry.http.Exchange;
import ferry.sandbox.FileBody;
import ferry.sandbox.LibraryQuirk;
import ferry.sandbox.OpenService;
import ferry.sandbox.Replies;
import ferry.sandbox.defects.Defect;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;

/// The host of the files: whoever has an address that has not expired gets the bytes, whole or in part
/// (`icloud-protocol` 2.6). Mounted as `content`.
public final class ContentHost implements OpenService {
    /// How long addresses live where they expire early, whatever they say.
    static final Duration EARLY = Duration.ofMinutes(5);

    private static final Pattern PATH = Pattern.compile("/B/([A-Za-z0-9_-]{56})/[^/]+");
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d{1,18})-(\\d{1,18})?");
    private static final int SLOW_PIECE = 16 * 1024;
    private static final Duration SLOW_EACH = Duration.ofMillis(50);
    /// Where lines break.
    private static final long WHOLE_LINE = 256 * 1024;

    private final PhotoLibraries libraries;
    private final InstantSource clock;
    private final Pause pause;

    public ContentHost(PhotoLibraries libraries, InstantSource clock) {
        this(libraries, clock, Thread::sleep);
    }

    ContentHost(PhotoLibraries libraries, InstantSource clock, Pause pause) {
        this.libraries = libraries;
        this.clock = clock;
        this.pause = pause;
    }

    @Override
    public void handle(Exchange exchange, String path) throws Exception {
        if (!exchange.method().equals("GET")) {
            Replies.empty(exchange, 405);
            return;
        }
        var parts = PATH.matcher(path);
        var url = parts.matches() ? ContentUrl.parse(parts.group(1), exchange.query()) : Optional.<ContentUrl>empty();
        var library = url.map(libraries::known);
        if (library.isEmpty() || url.get().serial() >= library.get().total()) {
            Replies.empty(exchange, 403);
            return;
        }
        serve(exchange, url.get(), library.get());
    }

    private void serve(Exchange exchange, ContentUrl url, PhotoLibrary library) throws Exception {
        var photo = library.photo(url.serial());
        if (expired(url, library, photo)) {
            Replies.empty(exchange, 410);
            return;
        }
        boolean original = url.part() == Part.ORIGINAL;
        boolean gone = photo.state() == Photo.State.EXPUNGED && !library.sharer(photo);
        if (gone || (original && photo.has(Oddity.LOST_CONTENT))) {
            Replies.empty(exchange, 404);
            return;
        }
        exchange.set("Content-Type", "application/octet-stream").set("Accept-Ranges", "bytes");
        boolean never = original && photo.has(Oddity.UNDELIVERED);
        if (never && photo.master() % 3 != 0) {
            Replies.empty(exchange, photo.master() % 3 == 1 ? 500 : 503);
            return;
        }
        boolean page = original && photo.has(Oddity.HTML_INSTEAD);
        if (page || strikes(Defect.HTML_BODY, library, photo, url.part())) {
            exchange.set("Content-Type", "text/html; charset=UTF-8").respond(200, FileBody.page());
            return;
        }
        send(exchange, library, photo, url.part());
    }

    private static boolean strikes(Defect defect, PhotoLibrary library, Photo photo, Part part) {
        var defects = library.defects();
        return defects.any() && defects.strikes(defect, Records.file(photo, part));
    }

    private boolean expired(ContentUrl url, PhotoLibrary library, Photo photo) {
        var end = url.expires();
        if (library.has(LibraryQuirk.EXPIRING_URLS)) {
            end = end.minus(ContentUrl.LIFE).plus(EARLY);
        }
        boolean stale = photo.has(Oddity.EXPIRED_IN_LISTING) && !url.byLookup();
        return stale || !clock.instant().isBefore(end);
    }

    private void send(Exchange exchange, PhotoLibrary library, Photo photo, Part part) throws IOException {
        var file = photo.file(part);
        boolean original = part == Part.ORIGINAL;
        long length = file.length();
        boolean cut = original && photo.has(Oddity.CUT_SHORT);
        if (cut || strikes(Defect.TRUNCATED_BODY, library, photo, part)) {
            length = FileBody.cutShort(length);
        }
        var range = RANGE.matcher(exchange.header("Range").orElse(""));
        long from = 0;
        long to = length;
        int status = 200;
        if (range.matches()) {
            from = Long.parseLong(range.group(1));
            var last = range.group(2);
            to = last == null ? length : Math.min(length, Long.parseLong(last) + 1);
            status = 206;
            if (from >= to) {
                exchange.set("Content-Range", "bytes */" + length);
                Replies.empty(exchange, 416);
                return;
            }
            exchange.set("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + length);
        }
        boolean slow = library.has(LibraryQuirk.SLOW);
        boolean flipped = original && photo.has(Oddity.FLIPPED_BYTE);
        long wrong = flipped || strikes(Defect.SWAPPED_BYTES, library, photo, part) ? length / 2 : -1;
        boolean never = original && photo.has(Oddity.UNDELIVERED);
        long line = never ? 0 : library.has(LibraryQuirk.BREAKING_LINE) ? WHOLE_LINE : Long.MAX_VALUE;
        var out = exchange.respond(status, to - from);
        file.write(new Wire(out, from, wrong, slow), from, from + Math.min(line, to - from));
        if (line < to - from) {
            out.flush();
            throw new BrokenOff();
        }
        out.close();
    }

    /// The way out: turns one byte over where the file is to arrive damaged, and takes its time where all is slow.
    private final class Wire extends OutputStream {
        private final OutputStream out;
        private final long wrong;
        private final boolean slow;
        private long at;

        /// @param from the place in the file of the first byte written
        /// @param wrong the place of the byte to turn over, -1 for none
        Wire(OutputStream out, long from, long wrong, boolean slow) {
            this.out = out;
            this.at = from;
            this.wrong = wrong;
            this.slow = slow;
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (wrong >= at && wrong < at + length) {
                var copy = Arrays.copyOfRange(bytes, offset, offset + length);
                copy[(int) (wrong - at)] ^= 1;
                paced(copy, 0, length);
            } else {
                paced(bytes, offset, length);
            }
            at += length;
        }

        private void paced(byte[] bytes, int offset, int length) throws IOException {
            int piece = slow ? SLOW_PIECE : Integer.MAX_VALUE;
            for (int done = 0; done < length; done += Math.min(piece, length - done)) {
                rest();
                out.write(bytes, offset + done, Math.min(piece, length - done));
            }
        }

        private void rest() throws IOException {
            if (!slow) {
                return;
            }
            try {
                pause.rest(SLOW_EACH);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("stopped while sending", e);
            }
        }
    }
}
