package ferry.storage.gcs;

import ferry.storage.SignedDownloads;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.stream.Collectors;

/// Downloads signed by a service account, version 4 (`GOOG4-RSA-SHA256`). Asks nobody.
///
/// @param endpoint another way to the store than the public one
public record SignedGet(String bucket, Optional<URI> endpoint, ServiceAccount account) implements SignedDownloads {
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);
    private static final Duration LONGEST = Duration.ofDays(7);

    @Override
    public Optional<URI> url(String key, Instant from, Duration lasting) {
        var base = endpoint.orElse(GcsPublisher.GOOGLE);
        var stamp = STAMP.format(from);
        var scope = stamp.substring(0, 8) + "/auto/storage/goog4_request";
        var path = "/" + bucket + "/"
                + Arrays.stream(key.split("/", -1)).map(SignedGet::encoded).collect(Collectors.joining("/"));
        long seconds = Math.min(lasting.toSeconds(), LONGEST.toSeconds());
        // in the order of their names, as they are signed
        var query = "X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=" + encoded(account.email() + "/" + scope)
                + "&X-Goog-Date=" + stamp + "&X-Goog-Expires=" + seconds + "&X-Goog-SignedHeaders=host";
        var request =
                String.join("\n", "GET", path, query, "host:" + base.getAuthority(), "", "host", "UNSIGNED-PAYLOAD");
        var signed = String.join("\n", "GOOG4-RSA-SHA256", stamp, scope, sha256(request));
        var signature = HexFormat.of().formatHex(account.sign(signed));
        return Optional.of(URI.create(base.getScheme() + "://" + base.getAuthority() + path + "?" + query
                + "&X-Goog-Signature=" + signature));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("+", "%20")
                .replace("*", "%2A")
                .replace("%7E", "~");
    }

    private static String sha256(String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
