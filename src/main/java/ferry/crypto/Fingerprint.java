package ferry.crypto;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/// Tells whether two things are the same without keeping them: HMAC-SHA-256 under a key of the service, so that a
/// short value cannot be found by trying. Thread-safe.
public final class Fingerprint {
    private final byte[] key;

    Fingerprint(byte[] key) {
        this.key = key;
    }

    /// 32 bytes. Each part goes in with its length, so that no two lists of parts run together to the same.
    public byte[] of(String purpose, String... parts) {
        var mac = MasterKey.hmac(key);
        add(mac, purpose);
        for (var part : parts) {
            add(mac, part);
        }
        return mac.doFinal();
    }

    /// 32 bytes of parts and of content that may not be text.
    public byte[] of(String purpose, byte[] content, String... parts) {
        var mac = MasterKey.hmac(key);
        add(mac, purpose);
        for (var part : parts) {
            add(mac, part);
        }
        return mac.doFinal(content);
    }

    private static void add(javax.crypto.Mac mac, String part) {
        var bytes = part.getBytes(StandardCharsets.UTF_8);
        mac.update(ByteBuffer.allocate(4).putInt(bytes.length).flip());
        mac.update(bytes);
    }
}
