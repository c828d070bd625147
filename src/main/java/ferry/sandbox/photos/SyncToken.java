package ferry.sandbox.photos;

import java.nio.ByteBuffer;
import java.util.Base64;

/// How far a client has read: 33 bytes in base64, as Apple's are. Deterministic; zone and database tokens
/// cannot stand in for each other (`icloud-protocol` 2.5).
///
/// @param place a place in the zone's history; of a database token, the sum over its zones
record SyncToken(Kind kind, long place) {
    private static final int LENGTH = 33;

    enum Kind {
        ZONE(1),
        DATABASE(2);

        private final int tag;

        Kind(int tag) {
            this.tag = tag;
        }
    }

    /// A token that this library never gave out; the message is Apple's.
    static final class Unknown extends Exception {
        Unknown(String message) {
            super(message);
        }
    }

    String text(long seed) {
        return Base64.getEncoder()
                .encodeToString(ByteBuffer.allocate(LENGTH)
                        .put((byte) kind.tag)
                        .putLong(place)
                        .putLong(Long.MAX_VALUE)
                        .put(check(seed))
                        .array());
    }

    static SyncToken parse(String text, Kind kind, long seed) throws Unknown {
        var bytes = decode(text);
        if (bytes.length != LENGTH) {
            throw new Unknown("Invalid continuation format");
        }
        var in = ByteBuffer.wrap(bytes);
        if (in.get() != kind.tag) {
            throw new Unknown("Unknown sync continuation type");
        }
        var token = new SyncToken(kind, in.getLong());
        if (!token.text(seed).equals(text)) {
            throw new Unknown("Invalid continuation format");
        }
        return token;
    }

    private static byte[] decode(String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException _) {
            return new byte[0];
        }
    }

    private byte[] check(long seed) {
        return Dice.bytes(16, seed, place, kind.tag);
    }
}
