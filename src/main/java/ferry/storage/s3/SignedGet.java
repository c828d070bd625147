package ferry.storage.s3;

import ferry.storage.SignedDownloads;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;

/// Downloads signed with the keys that were given, version 4. Keys that assume a role sign none: the role's own end
/// within the hour, and the URL with them.
public record SignedGet(S3Store store) implements SignedDownloads {
    private static final Duration LONGEST = Duration.ofDays(7);

    @Override
    public Optional<URI> url(String key, Instant from, Duration lasting) {
        if (store.keys().role().isPresent()) {
            return Optional.empty();
        }
        var request = SdkHttpRequest.builder()
                .method(SdkHttpMethod.GET)
                .uri(store.address(key))
                .build();
        var signed = AwsV4HttpSigner.create()
                .sign(it -> it.identity(store.keys().asGiven())
                        .request(request)
                        .putProperty(AwsV4FamilyHttpSigner.SERVICE_SIGNING_NAME, "s3")
                        .putProperty(AwsV4HttpSigner.REGION_NAME, store.signingRegion())
                        .putProperty(
                                AwsV4FamilyHttpSigner.AUTH_LOCATION, AwsV4FamilyHttpSigner.AuthLocation.QUERY_STRING)
                        .putProperty(
                                AwsV4FamilyHttpSigner.EXPIRATION_DURATION,
                                lasting.compareTo(LONGEST) > 0 ? LONGEST : lasting)
                        .putProperty(AwsV4FamilyHttpSigner.DOUBLE_URL_ENCODE, false)
                        .putProperty(AwsV4FamilyHttpSigner.NORMALIZE_PATH, false)
                        .putProperty(AwsV4FamilyHttpSigner.PAYLOAD_SIGNING_ENABLED, false)
                        .putProperty(HttpSigner.SIGNING_CLOCK, Clock.fixed(from, ZoneOffset.UTC)));
        return Optional.of(signed.request().getUri());
    }
}
