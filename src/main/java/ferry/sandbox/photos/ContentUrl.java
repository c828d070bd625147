package ferry.sandbox.photos;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;

/// A download address in the shape of Apple's (`icloud-protocol` 2.6). Anyone who has it may download until it
/// expires; what it leads to stands in `o`, and `s` signs all of it but the placeholder for the file's name.
///
/// @param dsid whose file it is
/// @param shared whether it is in the shared zone
/// @param byLookup whether a lookup gave the address out, and not a listing
/// @param expires when it stops to work, by itself
record ContentUrl(long dsid, boolean shared, int serial, Part part, boolean byLookup, Instant expires) {
    static final Duration LIFE = Duration.ofHours(1);

    private static final Base64.Encoder TEXT = Base64.getUrlEncoder().withoutPadding();
    private static final byte[] KEY = Dice.bytes(32, 0x5e, 0xa1, 0);
    private static final int TARGET = 33;
    private static final Part[] PARTS = Part.values();

    /// The whole address, with the literal `${f}`.
    ///
    /// @param origin the sandbox's own, such as `http://127.0.0.1:8081`
    String text(String origin, String zone, byte[] checksum, byte[] reference, byte[] wrappingKey) {
        var segment = TEXT.encodeToString(checksum) + TEXT.encodeToString(reference);
        var query = "o=" + TEXT.encodeToString(target()) + "&v=1&x=3&a="
                + TEXT.encodeToString(Dice.bytes(32, dsid, serial, 70)) + "&e=" + expires.getEpochSecond() + "&fl=&r="
                + new UUID(Dice.roll(dsid, expires.getEpochSecond(), 71), Dice.roll(dsid, serial, 72))
                + "-1&k=" + TEXT.encodeToString(wrappingKey) + "&ckc=com.apple.photos.cloud&ckz=" + zone + "&p="
                + (dsid % 90 + 10);
        return origin + "/content/B/" + segment + "/${f}?" + query + "&s=" + signature(segment, query);
    }

    /// What an address leads to, or empty where it is none of ours or was tampered with.
    ///
    /// @param segment the part of the path after `/B/`
    static Optional<ContentUrl> parse(String segment, String query) {
        int end = query.lastIndexOf("&s=");
        if (end < 0 || !signature(segment, query.substring(0, end)).equals(query.substring(end + 3))) {
            return Optional.empty();
        }
        var in = ByteBuffer.wrap(Base64.getUrlDecoder().decode(value(query, "o=")));
        in.get();
        var expires = Instant.ofEpochSecond(Long.parseLong(value(query, "&e=")));
        var dsid = in.getLong();
        var serial = in.getInt();
        var part = PARTS[in.get()];
        int flags = in.get();
        return Optional.of(new ContentUrl(dsid, (flags & 1) != 0, serial, part, (flags & 2) != 0, expires));
    }

    private static String value(String query, String name) {
        int start = query.indexOf(name) + name.length();
        int end = query.indexOf('&', start);
        return query.substring(start, end);
    }

    private byte[] target() {
        byte flags = (byte) ((shared ? 1 : 0) | (byLookup ? 2 : 0));
        return ByteBuffer.allocate(TARGET)
                .put((byte) 2)
                .putLong(dsid)
                .putInt(serial)
                .put((byte) place(part))
                .put(flags)
                .put(Dice.bytes(18, dsid, serial, 73))
                .array();
    }

    private static int place(Part part) {
        int place = 0;
        while (PARTS[place] != part) {
            place++;
        }
        return place;
    }

    private static String signature(String segment, String query) {
        var digest = Checksum.sha1();
        digest.update(KEY);
        digest.update(segment.getBytes(US_ASCII));
        digest.update(query.getBytes(US_ASCII));
        return TEXT.encodeToString(digest.digest());
    }
}
