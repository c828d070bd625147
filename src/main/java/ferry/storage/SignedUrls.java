package ferry.storage;

import ferry.access.OrgId;
import java.net.URI;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.SecretKey;

/// Makes and checks `GET /download/<token>`, the signed download of a result that lies in a local bucket. Who
/// holds the URL may download until it expires, without a key. Nothing is stored; a new `key` ends all of them.
/// Thread-safe.
public final class SignedUrls {
    private static final byte VERSION = 1;
    private static final int CLAIMS_BYTES = 1 + Long.BYTES + 2 * Long.BYTES + Long.BYTES;
    private static final int MAC_BYTES = 32;

    private final URI publicUrl;
    private final SecretKey key;
    private final InstantSource clock;

    /// @param publicUrl where clients reach the service, such as `http://127.0.0.1:8080`
    /// @param key for HmacSHA256, of 32 bytes, used for nothing else
    public SignedUrls(URI publicUrl, SecretKey key, InstantSource clock) {
        this.publicUrl = publicUrl;
        this.key = key;
        this.clock = clock;
    }

    /// What a token allows.
    ///
    /// @param result its id
    /// @param expires whole seconds
    public record Download(OrgId organisation, UUID result, Instant expires) {}

    /// The signed URL of a result.
    ///
    /// @param expires the last moment it works; cut to whole seconds
    public URI sign(OrgId organisation, UUID result, Instant expires) {
        var claims = ByteBuffer.allocate(CLAIMS_BYTES + MAC_BYTES)
                .put(VERSION)
                .putLong(organisation.value())
                .putLong(result.getMostSignificantBits())
                .putLong(result.getLeastSignificantBits())
                .putLong(expires.getEpochSecond());
        var token = claims.put(mac(claims.array())).array();
        var base = publicUrl.toString();
        return URI.create((base.endsWith("/") ? base : base + "/") + "download/"
                + Base64.getUrlEncoder().withoutPadding().encodeToString(token));
    }

    /// What a token allows now; empty for one that is not ours, was changed, or has expired.
    ///
    /// @param token what follows `/download/`
    public Optional<Download> check(String token) {
        return decoded(token)
                .filter(this::isOurs)
                .map(SignedUrls::read)
                .filter(download -> !clock.instant().isAfter(download.expires()));
    }

    private boolean isOurs(byte[] token) {
        if (token.length != CLAIMS_BYTES + MAC_BYTES || token[0] != VERSION) {
            return false;
        }
        var mac = ByteBuffer.wrap(token).slice(CLAIMS_BYTES, MAC_BYTES);
        var given = new byte[MAC_BYTES];
        mac.get(given);
        return MessageDigest.isEqual(mac(token), given);
    }

    private static Download read(byte[] token) {
        var claims = ByteBuffer.wrap(token, 1, CLAIMS_BYTES - 1);
        return new Download(
                new OrgId(claims.getLong()),
                new UUID(claims.getLong(), claims.getLong()),
                Instant.ofEpochSecond(claims.getLong()));
    }

    private static Optional<byte[]> decoded(String token) {
        try {
            return Optional.of(Base64.getUrlDecoder().decode(token));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private byte[] mac(byte[] token) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            mac.update(token, 0, CLAIMS_BYTES);
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime has HmacSHA256, and the key is one for it", e);
        }
    }
}
