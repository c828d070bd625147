package ferry.webhook;

import ferry.crypto.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Both ways a webhook is signed, with one secret. It reads `whsec_<base64>`: the key of `Ricloud-Signature` is
/// that text as UTF-8, letter by letter (ricloud-api 16.1); the key of `webhook-signature` is what the base64
/// holds, as the libraries of Standard Webhooks expect.
public final class Signatures {
    /// Begins every secret that we make.
    public static final String PREFIX = "whsec_";

    private static final int SECRET_BYTES = 32;
    private static final String ALGORITHM = "HmacSHA256";

    private Signatures() {}

    /// A secret that nobody has yet.
    static Secret newSecret(SecureRandom random) {
        var bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        return new Secret(PREFIX + Base64.getEncoder().encodeToString(bytes));
    }

    /// The value of `Ricloud-Signature`.
    public static String ricloud(Secret secret, Instant now, byte[] body) {
        var t = Long.toString(now.getEpochSecond());
        var key = secret.reveal().getBytes(StandardCharsets.UTF_8);
        return "t=" + t + ",s=" + mac(key, t + ".", body);
    }

    /// One signature of `webhook-signature`, such as `v1,K5oZ…`.
    public static String standard(Secret secret, String id, Instant now, byte[] body) {
        return "v1," + mac(standardKey(secret), id + "." + now.getEpochSecond() + ".", body);
    }

    /// Whether `Ricloud-Signature` fits: as ricloud-py's listener judges it.
    ///
    /// @param oldest how old a signature may be; zero for any age
    public static boolean isRicloud(String header, Secret secret, byte[] body, Instant now, Duration oldest) {
        var comma = header.indexOf(',');
        if (!header.startsWith("t=") || comma < 0) {
            return false;
        }
        return seconds(header.substring(2, comma))
                .filter(t -> fresh(t, now, oldest))
                .map(t -> same(ricloud(secret, t, body), header))
                .orElse(false);
    }

    /// Whether one of the signatures in `webhook-signature` fits.
    ///
    /// @param timestamp the value of `webhook-timestamp`
    /// @param oldest how old a signature may be; zero for any age
    public static boolean isStandard(
            String header, String id, String timestamp, Secret secret, byte[] body, Instant now, Duration oldest) {
        return seconds(timestamp)
                .filter(t -> fresh(t, now, oldest))
                .map(t -> standard(secret, id, t, body))
                .filter(wanted -> Arrays.stream(header.split(" ", -1)).anyMatch(one -> same(one, wanted)))
                .isPresent();
    }

    private static Optional<Instant> seconds(String text) {
        try {
            return Optional.of(Instant.ofEpochSecond(Long.parseLong(text)));
        } catch (RuntimeException _) {
            return Optional.empty();
        }
    }

    private static boolean fresh(Instant signed, Instant now, Duration oldest) {
        return oldest.isZero() || Duration.between(signed, now).abs().compareTo(oldest) <= 0;
    }

    private static boolean same(String a, String b) {
        return MessageDigest.isEqual(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
    }

    /// A secret of another form than ours has no base64 part: then its text is the key here too.
    private static byte[] standardKey(Secret secret) {
        var text = secret.reveal();
        try {
            return Base64.getDecoder().decode(text.startsWith(PREFIX) ? text.substring(PREFIX.length()) : text);
        } catch (IllegalArgumentException _) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
    }

    private static String mac(byte[] key, String prefix, byte[] body) {
        try {
            var mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
            mac.update(prefix.getBytes(StandardCharsets.UTF_8));
            return Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this JVM lacks " + ALGORITHM, e);
        }
    }
}
