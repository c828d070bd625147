package ferry.manifest;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/// Public keys that somebody trusts, by their ids: Ed25519.
public final class PublicKeys {
    private static final Pattern PEM =
            Pattern.compile("-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s\\\\n]*?)-----END PUBLIC KEY-----");
    /// What stands before the 32 bytes of the key itself.
    private static final byte[] PREFIX = HexFormat.of().parseHex("302a300506032b6570032100");

    private final Map<String, PublicKey> byId;

    private PublicKeys(Map<String, PublicKey> byId) {
        this.byId = byId;
    }

    /// Reads keys: PEM blocks, any number of them, also within the JSON of the API; or one key in Base64.
    ///
    /// @return empty where there is none, or one is no Ed25519 key
    public static Optional<PublicKeys> of(String text) {
        var encoded = new ArrayList<>(PEM.matcher(text)
                .results()
                .map(block -> block.group(1).replace("\\n", ""))
                .toList());
        if (encoded.isEmpty()) {
            encoded.add(text);
        }
        var keys = new LinkedHashMap<String, PublicKey>();
        for (var one : encoded) {
            var key = key(one);
            if (key.isEmpty()) {
                return Optional.empty();
            }
            keys.put(ManifestKey.id(key.get().getEncoded()), key.get());
        }
        return Optional.of(new PublicKeys(keys));
    }

    /// Their ids.
    Set<String> ids() {
        return byId.keySet();
    }

    /// Whether the key of that id has signed the message.
    boolean verify(String id, byte[] message, byte[] signature) {
        var key = byId.get(id);
        if (key == null) {
            return false;
        }
        try {
            var check = Signature.getInstance(ManifestKeys.ALGORITHM);
            check.initVerify(key);
            check.update(message);
            return check.verify(signature);
        } catch (GeneralSecurityException _) {
            return false;
        }
    }

    private static Optional<PublicKey> key(String base64) {
        try {
            var bytes = Base64.getMimeDecoder().decode(base64.strip());
            var spki = bytes.length == 32 ? concat(bytes) : bytes;
            return Optional.of(
                    KeyFactory.getInstance(ManifestKeys.ALGORITHM).generatePublic(new X509EncodedKeySpec(spki)));
        } catch (GeneralSecurityException | IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static byte[] concat(byte[] key) {
        var all = java.util.Arrays.copyOf(PREFIX, PREFIX.length + key.length);
        System.arraycopy(key, 0, all, PREFIX.length, key.length);
        return all;
    }

    @Override
    public String toString() {
        return String.join(", ", List.copyOf(byId.keySet()));
    }
}
