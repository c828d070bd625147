package ferry.storage.s3;

import ferry.crypto.Secret;
import ferry.egress.Trust;
import ferry.storage.BadCredentials;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Credentials of S3 as customers have them: the keys of the IAM user's CSV as ricloud-py sends them, and more.
/// Other fields are ignored.
///
/// @param sessionToken of temporary keys
/// @param role assumed with the keys, instead of using them on the bucket
/// @param authorities of a store's own, in place of those that are trusted everywhere; empty for the latter
public record AccessKeys(
        String id,
        Secret secret,
        Optional<Secret> sessionToken,
        Optional<Role> role,
        List<X509Certificate> authorities) {
    /// The fields that are read.
    public static final List<String> FIELDS =
            List.of("access_key_id", "secret_access_key", "session_token", "role_arn", "external_id", "ca_certificate");

    private static final Pattern ROLE = Pattern.compile("arn:[a-z-]+:iam::[^:]*:role/.+");

    /// A role to assume.
    ///
    /// @param externalId what the role's owner asks for besides
    record Role(String arn, Optional<String> externalId) {}

    public AccessKeys {
        authorities = List.copyOf(authorities);
    }

    /// What signs with them.
    AwsCredentials asGiven() {
        return sessionToken
                .<AwsCredentials>map(token -> AwsSessionCredentials.create(id, secret.reveal(), token.reveal()))
                .orElseGet(() -> AwsBasicCredentials.create(id, secret.reveal()));
    }

    /// Reads them.
    ///
    /// @throws BadCredentials where they cannot be such
    public static AccessKeys of(ObjectNode node) {
        var role = text(node, "role_arn").map(arn -> {
            if (!ROLE.matcher(arn).matches()) {
                throw new BadCredentials("role_arn", "is not the ARN of a role");
            }
            return new Role(arn, text(node, "external_id"));
        });
        return new AccessKeys(
                needed(node, "access_key_id"),
                new Secret(needed(node, "secret_access_key")),
                text(node, "session_token").map(Secret::new),
                role,
                authorities(node));
    }

    /// The certificates of `ca_certificate`.
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
