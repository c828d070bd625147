package ferry.sandbox.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Checks signatures of version 4, in the `Authorization` header or in the address, from the store's side
/// (documentation of S3: *Authenticating Requests*). Thread-safe.
final class Signatures {
    static final String UNSIGNED = "UNSIGNED-PAYLOAD";

    private static final String ALGORITHM = "AWS4-HMAC-SHA256";
    private static final Duration SKEW = Duration.ofMinutes(15);
    private static final Duration LONGEST = Duration.ofDays(7);
    private static final Pattern HEADER = Pattern.compile(
            ALGORITHM + "\\s+Credential=([^,]+),\\s*SignedHeaders=([^,]+),\\s*Signature=([0-9a-f]{64})");
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final String keyId;
    private final String secret;
    private final InstantSource clock;

    Signatures(String keyId, String secret, InstantSource clock) {
        this.keyId = keyId;
        this.secret = secret;
        this.clock = clock;
    }

    /// A request whose signature is right.
    ///
    /// @param region what it was signed for
    /// @param headers the names that were signed, in lower case
    /// @param payload `x-amz-content-sha256`: a digest in hexadecimal, or [#UNSIGNED]
    record Signed(String region, List<String> headers, String payload) {}

    /// Whatever comes without a signature is refused: no bucket is public.
    Signed check(S3Request request) throws S3Refusal {
        var authorization = request.header("Authorization");
        if (authorization.isPresent()) {
            return header(request, authorization.get());
        }
        if (request.has("X-Amz-Signature")) {
            return address(request);
        }
        throw new S3Refusal(S3Error.ACCESS_DENIED);
    }

    private Signed header(S3Request request, String authorization) throws S3Refusal {
        var parts = HEADER.matcher(authorization);
        if (!parts.matches()) {
            throw new S3Refusal(S3Error.AUTHORIZATION_HEADER_MALFORMED);
        }
        var scope = Scope.of(parts.group(1));
        var date = request.header("x-amz-date").orElse("");
        var time = time(date);
        if (Duration.between(time, clock.instant()).abs().compareTo(SKEW) > 0) {
            throw new S3Refusal(
                    S3Error.REQUEST_TIME_TOO_SKEWED,
                    S3Error.REQUEST_TIME_TOO_SKEWED.message,
                    Map.of("RequestTime", date, "ServerTime", clock.instant().toString()));
        }
        var payload = request.header("x-amz-content-sha256").orElse("");
        if (payload.startsWith("STREAMING-")) {
            throw new S3Refusal(S3Error.NOT_IMPLEMENTED);
        }
        var headers = List.of(parts.group(2).split(";"));
        compare(request, scope, date, headers, payload, parts.group(3));
        return new Signed(scope.region, headers, payload);
    }

    private Signed address(S3Request request) throws S3Refusal {
        if (!request.parameter("X-Amz-Algorithm").orElse("").equals(ALGORITHM)) {
            throw new S3Refusal(S3Error.ACCESS_DENIED);
        }
        var scope = Scope.of(request.parameter("X-Amz-Credential").orElse(""));
        var date = request.parameter("X-Amz-Date").orElse("");
        var from = time(date);
        var lasting = lasting(request.parameter("X-Amz-Expires").orElse(""));
        var now = clock.instant();
        if (from.minus(SKEW).isAfter(now) || now.isAfter(from.plus(lasting))) {
            throw new S3Refusal(S3Error.ACCESS_DENIED, "Request has expired", Map.of("ServerTime", now.toString()));
        }
        var headers =
                List.of(request.parameter("X-Amz-SignedHeaders").orElse("").split(";"));
        var given = request.parameter("X-Amz-Signature").orElse("");
        compare(request, scope, date, headers, UNSIGNED, given);
        return new Signed(scope.region, headers, UNSIGNED);
    }

    private void compare(
            S3Request request, Scope scope, String date, List<String> headers, String payload, String given)
            throws S3Refusal {
        if (!scope.keyId.equals(keyId)) {
            throw new S3Refusal(S3Error.INVALID_ACCESS_KEY_ID);
        }
        if (!date.startsWith(scope.day) || !headers.contains("host") || unsigned(request, headers)) {
            throw new S3Refusal(S3Error.SIGNATURE_DOES_NOT_MATCH);
        }
        var canonical = canonical(request, headers, payload);
        var toSign = String.join(
                "\n", ALGORITHM, date, scope.text(), HexFormat.of().formatHex(sha256(canonical.getBytes(UTF_8))));
        var expected = HexFormat.of().formatHex(hmac(scope.key(secret), toSign));
        if (!MessageDigest.isEqual(expected.getBytes(UTF_8), given.getBytes(UTF_8))) {
            throw new S3Refusal(S3Error.SIGNATURE_DOES_NOT_MATCH);
        }
    }

    /// What a client says of the body and leaves out of the signature could be changed on the way.
    private static boolean unsigned(S3Request request, List<String> headers) {
        return request.header("x-amz-content-sha256").isPresent() && !headers.contains("x-amz-content-sha256");
    }

    private static String canonical(S3Request request, List<String> headers, String payload) {
        var sorted = new TreeMap<String, String>();
        request.query().forEach((name, given) -> sorted.put(S3Request.encoded(name), S3Request.encoded(given)));
        sorted.remove("X-Amz-Signature");
        var query = sorted.entrySet().stream()
                .map(it -> it.getKey() + "=" + it.getValue())
                .collect(Collectors.joining("&"));
        var named = headers.stream()
                .map(name -> name + ":" + value(request, name) + "\n")
                .collect(Collectors.joining());
        return String.join(
                "\n",
                request.exchange().method(),
                request.encodedPath(),
                query,
                named,
                String.join(";", headers),
                payload);
    }

    private static String value(S3Request request, String name) {
        return request.exchange().headers(name).stream()
                .map(value -> value.strip().replaceAll(" +", " "))
                .collect(Collectors.joining(","));
    }

    private static Instant time(String date) throws S3Refusal {
        try {
            return TIME.parse(date, Instant::from);
        } catch (DateTimeException _) {
            throw new S3Refusal(S3Error.ACCESS_DENIED);
        }
    }

    private static Duration lasting(String seconds) throws S3Refusal {
        if (seconds.matches("\\d{1,6}")) {
            var lasting = Duration.ofSeconds(Long.parseLong(seconds));
            if (lasting.isPositive() && lasting.compareTo(LONGEST) <= 0) {
                return lasting;
            }
        }
        throw new S3Refusal(S3Error.ACCESS_DENIED);
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    private static byte[] hmac(byte[] key, String text) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            return mac.doFinal(text.getBytes(UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime has HmacSHA256", e);
        }
    }

    /// Whose key signed, and what for.
    private record Scope(String keyId, String day, String region) {
        private static final Pattern CREDENTIAL =
                Pattern.compile("([A-Za-z0-9]+)/(\\d{8})/([a-z0-9-]+)/s3/aws4_request");

        static Scope of(String credential) throws S3Refusal {
            var parts = CREDENTIAL.matcher(credential);
            if (!parts.matches()) {
                throw new S3Refusal(S3Error.AUTHORIZATION_HEADER_MALFORMED);
            }
            return new Scope(parts.group(1), parts.group(2), parts.group(3));
        }

        String text() {
            return day + "/" + region + "/s3/aws4_request";
        }

        byte[] key(String secret) {
            return hmac(hmac(hmac(hmac(("AWS4" + secret).getBytes(UTF_8), day), region), "s3"), "aws4_request");
        }
    }
}
