package ferry.storage.gcs;

import ferry.egress.Trust;
import ferry.storage.BadCredentials;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Google's service account, from the JSON file as it is downloaded. Fields that are not used are ignored. Prints
/// nothing of the key.
public final class ServiceAccount {
    /// The fields that are read.
    public static final List<String> FIELDS =
            List.of("type", "client_email", "private_key_id", "private_key", "token_uri", "ca_certificate");

    private static final String TOKEN_URI = "https://oauth2.googleapis.com/token";

    private final String email;
    private final String keyId;
    private final PrivateKey key;
    private final URI tokenUri;
    private final List<X509Certificate> authorities;

    private ServiceAccount(
            String email, String keyId, PrivateKey key, URI tokenUri, List<X509Certificate> authorities) {
        this.email = email;
        this.keyId = keyId;
        this.key = key;
        this.tokenUri = tokenUri;
        this.authorities = List.copyOf(authorities);
    }

    /// Reads it.
    ///
    /// @throws BadCredentials where it cannot be one
    public static ServiceAccount of(ObjectNode node) {
        if (!text(node, "type").orElse("service_account").equals("service_account")) {
            throw new BadCredentials("type", "is not service_account: give the JSON key of a service account");
        }
        return new ServiceAccount(
                needed(node, "client_email"),
                text(node, "private_key_id").orElse(""),
                key(needed(node, "private_key")),
                tokenUri(text(node, "token_uri").orElse(TOKEN_URI)),
                authorities(node));
    }

    /// The account's name, which signatures and messages carry.
    String email() {
        return email;
    }

    /// Which of its keys; empty where the file does not say.
    String keyId() {
        return keyId;
    }

    /// Where its signature is exchanged for a token.
    public URI tokenUri() {
        return tokenUri;
    }

    /// Of an endpoint of its own, in place of those that are trusted everywhere; empty for the latter.
    List<X509Certificate> authorities() {
        return authorities;
    }

    /// Signs as the account, RSA with SHA-256.
    byte[] sign(String text) {
        try {
            var signature = Signature.getInstance("SHA256withRSA");
            signature.initSign(key);
            signature.update(text.getBytes(StandardCharsets.UTF_8));
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("an RSA key that was read can sign", e);
        }
    }

    @Override
    public String toString() {
        return "service account " + email;
    }

    private static PrivateKey key(String pem) {
        try {
            var base64 = pem.replaceAll("-----[A-Z ]+-----", "").replaceAll("\\s", "");
            return KeyFactory.getInstance("RSA")
                    .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
        } catch (GeneralSecurityException | IllegalArgumentException _) {
            throw new BadCredentials("private_key", "is not an RSA key in PKCS #8 as Google's JSON file holds it");
        }
    }

    private static URI tokenUri(String text) {
        try {
            var uri = URI.create(text);
            if (uri.getHost() != null && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))) {
                return uri;
            }
        } catch (IllegalArgumentException _) {
            // said below
        }
        throw new BadCredentials("token_uri", "is not a URL");
    }

    private static List<X509Certificate> authorities(ObjectNode node) {
        try {
            var pem = text(node, "ca_certificate");
            return pem.isEmpty() ? List.of() : Trust.authorities(pem.get());
        } catch (CertificateException _) {
            throw new BadCredentials("ca_certificate", "holds no certificate in PEM");
        }
    }

    private static String needed(ObjectNode node, String name) {
        return text(node, name).orElseThrow(() -> new BadCredentials(name, "is required"));
    }

    private static Optional<String> text(ObjectNode node, String name) {
        return Optional.ofNullable(node.get(name))
                .filter(JsonNode::isString)
                .map(JsonNode::asString)
                .map(String::strip)
                .filter(text -> !text.isEmpty());
    }
}
