package ferry.storage.s3;

import ferry.storage.PublishException;
import ferry.storage.PublishException.Refused;
import ferry.storage.PublishException.Unavailable;
import ferry.storage.Unreachable;
import java.io.IOException;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkException;

/// Says what is wrong when a store refuses, for somebody who set up the bucket. The store's own messages are not
/// passed on: they name accounts and addresses.
record S3Failures(S3Store store, InstantSource clock) {
    private static final Pattern REGION =
            Pattern.compile("<Region>([a-z0-9-]{1,40})</Region>|expecting '([a-z0-9-]{1,40})'");

    PublishException of(S3Action action, SdkException failure) {
        if (failure instanceof AwsServiceException service) {
            return answered(action, service);
        }
        return Unreachable.cause(failure, IOException.class)
                .map(e -> Unreachable.of(store.where(), e))
                .orElseGet(() -> new Unavailable("The call to " + store.where() + " failed.", failure));
    }

    static Refused noBucket(String bucket, String where, @Nullable Throwable cause) {
        return new Refused("There is no bucket " + bucket + " at " + where + ".", cause);
    }

    /// As the store's own codes tell it; where a `HEAD` has none, the status does.
    private PublishException answered(S3Action action, AwsServiceException e) {
        var code = Optional.ofNullable(e.awsErrorDetails())
                .map(AwsErrorDetails::errorCode)
                .orElse("");
        return switch (code) {
            case "NoSuchBucket" -> noBucket(store.bucket(), store.where(), e);
            case "PermanentRedirect",
                    "TemporaryRedirect",
                    "AuthorizationHeaderMalformed",
                    "IllegalLocationConstraintException" -> region(e);
            case "AccessDenied", "AllAccessDisabled", "AccountProblem" -> denied(action, e);
            case "InvalidAccessKeyId" ->
                new Refused(
                        store.where() + " does not know this access_key_id; it may have been deleted or belong to"
                                + " another store.",
                        e);
            case "SignatureDoesNotMatch" ->
                new Refused(
                        "The secret_access_key does not belong to this access_key_id: " + store.where()
                                + " found that the signature does not match.",
                        e);
            case "RequestTimeTooSkewed" -> skewed(e);
            case "ExpiredToken", "TokenRefreshRequired" ->
                new Refused("The session_token has expired; temporary keys end with it.", e);
            case "InvalidToken" -> new Refused("The session_token does not belong to this access_key_id.", e);
            case "InvalidBucketName" ->
                new Refused(store.where() + " accepts no bucket of the name " + store.bucket() + ".", e);
            case "BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "IncompleteBody", "RequestTimeout" ->
                new Unavailable("What arrived at bucket " + store.bucket() + " is not what was sent.", e);
            case "NoSuchUpload" ->
                new Unavailable("Bucket " + store.bucket() + " has forgotten an upload under way.", e);
            default -> byStatus(action, code, e);
        };
    }

    private PublishException byStatus(S3Action action, String code, AwsServiceException e) {
        int status = e.statusCode();
        if (status == 301 || status == 307 || (status == 400 && bucketRegion(e).isPresent())) {
            return region(e);
        }
        if (status == 403) {
            return denied(action, e);
        }
        if (status == 404) {
            return noBucket(store.bucket(), store.where(), e);
        }
        if (status == 408 || status == 429 || status >= 500) {
            return new Unavailable(store.where() + " is too busy or out of order at the moment.", e);
        }
        var said = code.matches("[A-Za-z0-9.]{1,60}") ? code : "status " + status;
        return new Refused(
                store.where() + " refused to " + action.words() + " bucket " + store.bucket() + ": " + said + ".", e);
    }

    private Refused denied(S3Action action, AwsServiceException e) {
        var who = store.keys().role().isPresent() ? "role" : "access key";
        var what = action.isOfTheBucket() ? store.bucket() : store.bucket() + "/*";
        return new Refused(
                "The " + who + " may not " + action.words() + " bucket " + store.bucket() + ": it lacks the permission "
                        + action.permission() + " on arn:aws:s3:::" + what + ".",
                e);
    }

    private Refused region(AwsServiceException e) {
        var right = bucketRegion(e);
        if (right.isEmpty()) {
            return new Refused(
                    "Bucket " + store.bucket() + " is not in region " + store.signingRegion() + "; give its own as"
                            + " region.",
                    e);
        }
        return new Refused(
                "Bucket " + store.bucket() + " is in region " + right.get() + ", not in " + store.signingRegion()
                        + "; set region to " + right.get() + ".",
                e);
    }

    private Refused skewed(AwsServiceException e) {
        var ours = clock.instant().truncatedTo(ChronoUnit.SECONDS);
        var theirs = header(e, GuardedHttp.STORE_DATE)
                .map(date -> ", its own says " + date)
                .orElse("");
        return new Refused(
                "This service's clock says " + ours + theirs + ": " + store.where() + " accepts no request that is more"
                        + " than 15 minutes off. The operator must set the clock.",
                e);
    }

    private static Optional<String> bucketRegion(AwsServiceException e) {
        return header(e, "x-amz-bucket-region")
                .filter(region -> region.matches("[a-z0-9-]{1,40}"))
                .or(() -> Optional.ofNullable(e.awsErrorDetails()).flatMap(S3Failures::namedRegion));
    }

    /// The region that an answer names in its body or in its message.
    private static Optional<String> namedRegion(AwsErrorDetails details) {
        var body = Optional.ofNullable(details.rawResponse()).map(SdkBytes::asUtf8String);
        var text = body.orElse("") + Optional.ofNullable(details.errorMessage()).orElse("");
        return REGION.matcher(text)
                .results()
                .findFirst()
                .map(found -> found.group(1) == null ? found.group(2) : found.group(1));
    }

    private static Optional<String> header(AwsServiceException e, String name) {
        return Optional.ofNullable(e.awsErrorDetails())
                .map(AwsErrorDetails::sdkHttpResponse)
                .flatMap(response -> response.firstMatchingHeader(name));
    }
}
