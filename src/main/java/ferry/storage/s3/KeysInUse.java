package ferry.storage.s3;

import ferry.egress.Call;
import ferry.egress.Header;
import ferry.egress.Outbound;
import ferry.storage.PublishException;
import ferry.storage.PublishException.Refused;
import ferry.storage.PublishException.Unavailable;
import ferry.storage.Retries;
import ferry.storage.Unreachable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;

/// The keys that requests are signed with: those that were given, or those of the role that they may assume,
/// renewed before they end. Thread-safe.
final class KeysInUse {
    private static final Duration BEFORE_THE_END = Duration.ofMinutes(5);
    private static final int ANSWER_BYTES = 64 * 1024;

    private final S3Store store;
    private final Outbound outbound;
    private final InstantSource clock;
    private final Retries retries;
    private final ReentrantLock lock = new ReentrantLock();
    private Optional<Assumed> assumed = Optional.empty();

    private record Assumed(AwsCredentials keys, Instant expires) {}

    KeysInUse(S3Store store, Outbound outbound, InstantSource clock, Retries retries) {
        this.store = store;
        this.outbound = outbound;
        this.clock = clock;
        this.retries = retries;
    }

    /// Sees to it that they last: asks for the role's where there is one and they are about to end, again where
    /// that may help.
    void renew() throws PublishException, InterruptedException {
        var role = store.keys().role();
        if (role.isEmpty()) {
            return;
        }
        lock.lockInterruptibly();
        try {
            var soon = clock.instant().plus(BEFORE_THE_END);
            if (assumed.filter(a -> a.expires().isAfter(soon)).isEmpty()) {
                assumed = Optional.of(retries.call(() -> assume(role.get())));
            }
        } finally {
            lock.unlock();
        }
    }

    /// What to sign with now, after [#renew].
    AwsCredentials current() {
        lock.lock();
        try {
            return assumed.map(Assumed::keys).orElseGet(() -> store.keys().asGiven());
        } finally {
            lock.unlock();
        }
    }

    /// Asks STS, in the bucket's region; a store with an endpoint of its own answers there itself.
    private Assumed assume(AccessKeys.Role role) throws PublishException, InterruptedException {
        var url = store.endpoint()
                .orElseGet(() -> URI.create("https://sts." + store.signingRegion() + ".amazonaws.com/"));
        var form = "Action=AssumeRole&Version=2011-06-15&DurationSeconds=3600&RoleSessionName=ferry&RoleArn="
                + encoded(role.arn())
                + role.externalId().map(id -> "&ExternalId=" + encoded(id)).orElse("");
        try (var answer = outbound.send(signed(url, form))) {
            var text = new String(answer.bytes(ANSWER_BYTES), StandardCharsets.UTF_8);
            return switch (answer.status()) {
                case 200 -> read(text);
                case 429, 500, 502, 503, 504 ->
                    throw new Unavailable("The role's keys cannot be had at the moment.", null);
                default -> throw refused(role, element(text, "Code").orElse("status " + answer.status()));
            };
        } catch (IOException e) {
            if (Thread.interrupted()
                    || Unreachable.cause(e, InterruptedIOException.class).isPresent()) {
                throw new InterruptedException("stopped while assuming a role");
            }
            throw Unreachable.of(url.getAuthority(), e);
        }
    }

    private Call signed(URI url, String form) {
        var request = SdkHttpRequest.builder()
                .method(SdkHttpMethod.POST)
                .uri(url.getPath().isEmpty() ? url.resolve("/") : url)
                .putHeader("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
                .build();
        var signed = AwsV4HttpSigner.create()
                .sign(it -> it.identity(store.keys().asGiven())
                        .request(request)
                        .payload(ContentStreamProvider.fromUtf8String(form))
                        .putProperty(AwsV4FamilyHttpSigner.SERVICE_SIGNING_NAME, "sts")
                        .putProperty(AwsV4HttpSigner.REGION_NAME, store.signingRegion())
                        .putProperty(HttpSigner.SIGNING_CLOCK, Clock.fixed(clock.instant(), ZoneOffset.UTC)))
                .request();
        var headers = new ArrayList<Header>();
        signed.forEachHeader((name, values) -> values.forEach(value -> headers.add(new Header(name, value))));
        return new Call(
                "POST",
                signed.getUri(),
                List.copyOf(headers),
                Optional.of(form.getBytes(StandardCharsets.UTF_8)),
                Call.PATIENCE);
    }

    private static Assumed read(String xml) throws PublishException {
        var id = element(xml, "AccessKeyId");
        var secret = element(xml, "SecretAccessKey");
        var token = element(xml, "SessionToken");
        var expires = element(xml, "Expiration");
        if (id.isEmpty() || secret.isEmpty() || token.isEmpty() || expires.isEmpty()) {
            throw new Unavailable("The answer to the assuming of the role holds no keys.", null);
        }
        return new Assumed(
                AwsSessionCredentials.create(id.get(), secret.get(), token.get()), Instant.parse(expires.get()));
    }

    private static Refused refused(AccessKeys.Role role, String code) {
        return switch (code) {
            case "AccessDenied" ->
                new Refused(
                        "The access key may not assume role_arn " + role.arn() + ": allow it sts:AssumeRole, and trust"
                                + " it in the role, with the same external_id.",
                        null);
            case "InvalidClientTokenId", "InvalidAccessKeyId" ->
                new Refused("The access_key_id that should assume the role is not known.", null);
            case "SignatureDoesNotMatch" ->
                new Refused(
                        "The secret_access_key does not belong to this access_key_id: the signature does not"
                                + " match.",
                        null);
            case "ExpiredToken" -> new Refused("The session_token has expired.", null);
            default ->
                new Refused(
                        "The role could not be assumed: " + (code.matches("[A-Za-z0-9 .]{1,60}") ? code : "refused")
                                + ".",
                        null);
        };
    }

    /// The text of the first element of that name; none that is read here holds anything escaped.
    private static Optional<String> element(String xml, String name) {
        return Pattern.compile("<" + name + ">\\s*([^<&]+?)\\s*</" + name + ">")
                .matcher(xml)
                .results()
                .findFirst()
                .map(found -> found.group(1));
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }
}
