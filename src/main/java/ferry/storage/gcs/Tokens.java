package ferry.storage.gcs;

import ferry.crypto.Secret;
import ferry.egress.Call;
import ferry.egress.Outbound;
import ferry.storage.PublishException;
import ferry.storage.PublishException.Refused;
import ferry.storage.PublishException.Unavailable;
import ferry.storage.Retries;
import ferry.storage.Unreachable;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The access tokens of a service account: it signs a claim (a JWT) and exchanges it, RFC 7523. Thread-safe.
final class Tokens {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String SCOPE = "https://www.googleapis.com/auth/devstorage.read_write";
    private static final Duration LIFE = Duration.ofHours(1);
    private static final Duration BEFORE_THE_END = Duration.ofMinutes(2);
    private static final int ANSWER_BYTES = 64 * 1024;

    private final ServiceAccount account;
    private final Outbound outbound;
    private final InstantSource clock;
    private final Retries retries;
    private final ReentrantLock lock = new ReentrantLock();
    private Optional<Token> held = Optional.empty();

    /// @param renew when another is asked for
    private record Token(Secret value, Instant renew) {}

    Tokens(ServiceAccount account, Outbound outbound, InstantSource clock, Retries retries) {
        this.account = account;
        this.outbound = outbound;
        this.clock = clock;
        this.retries = retries;
    }

    /// One that is valid as far as is known. Asks again where that may help.
    Secret current() throws PublishException, InterruptedException {
        lock.lockInterruptibly();
        try {
            var now = clock.instant();
            if (held.filter(token -> token.renew().isAfter(now)).isEmpty()) {
                held = Optional.of(retries.call(() -> exchange(clock.instant())));
            }
            return held.orElseThrow().value();
        } finally {
            lock.unlock();
        }
    }

    /// It was refused: the next one is a new one.
    void refused(Secret token) {
        lock.lock();
        try {
            held = held.filter(other -> !other.value().equals(token));
        } finally {
            lock.unlock();
        }
    }

    private Token exchange(Instant now) throws PublishException, InterruptedException {
        var form =
                "grant_type=" + URLEncoder.encode("urn:ietf:params:oauth:grant-type:jwt-bearer", StandardCharsets.UTF_8)
                        + "&assertion=" + claim(now);
        var call = Call.post(
                account.tokenUri(), form.getBytes(StandardCharsets.UTF_8), "application/x-www-form-urlencoded");
        try (var answer = outbound.send(call)) {
            var body = json(answer.bytes(ANSWER_BYTES));
            if (answer.status() == 200 && body.path("access_token").isString()) {
                var life = Duration.ofSeconds(body.path("expires_in").asLong(LIFE.toSeconds()));
                return new Token(
                        new Secret(body.path("access_token").asString()),
                        now.plus(life).minus(BEFORE_THE_END));
            }
            throw refused(answer.status(), body, now);
        } catch (IOException e) {
            GcsCalls.stopIfInterrupted(e);
            throw Unreachable.of(account.tokenUri().getAuthority(), e);
        }
    }

    private String claim(Instant now) {
        var header = JSON.createObjectNode().put("alg", "RS256").put("typ", "JWT");
        if (!account.keyId().isEmpty()) {
            header.put("kid", account.keyId());
        }
        var claims = JSON.createObjectNode()
                .put("iss", account.email())
                .put("scope", SCOPE)
                .put("aud", account.tokenUri().toString())
                .put("iat", now.getEpochSecond())
                .put("exp", now.plus(LIFE).getEpochSecond());
        var signed = base64(header.toString().getBytes(StandardCharsets.UTF_8)) + "."
                + base64(claims.toString().getBytes(StandardCharsets.UTF_8));
        return signed + "." + base64(account.sign(signed));
    }

    private PublishException refused(int status, JsonNode body, Instant now) {
        if (status == 429 || status >= 500) {
            return new Unavailable("Google gives no access tokens at the moment.", null);
        }
        var error = body.path("error").asString("");
        var description = body.path("error_description").asString("");
        if (error.equals("invalid_grant") && description.contains("Invalid JWT: Token must be a short-lived")) {
            return new Refused(
                    "This service's clock says " + now + ", which Google does not accept. The operator must set the"
                            + " clock.",
                    null);
        }
        if (error.equals("invalid_grant") && description.contains("account not found")) {
            return new Refused(
                    "Google knows no service account " + account.email() + "; it may have been deleted.", null);
        }
        if (error.equals("invalid_grant") && description.contains("Signature")) {
            return new Refused(
                    "The private_key does not belong to service account " + account.email()
                            + ": Google found that the signature does not match; the key may have been deleted.",
                    null);
        }
        return new Refused(
                "Google gave service account " + account.email() + " no access token: "
                        + (error.matches("[a-z_]{1,60}") ? error : "status " + status) + ".",
                null);
    }

    private static JsonNode json(byte[] bytes) {
        try {
            return JSON.readTree(bytes);
        } catch (JacksonException _) {
            return JSON.createObjectNode();
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
