package ferry.result;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A result as the API shows it. The component order here is the field order on the wire.
///
/// @param type always there, since ricloud-py reads it without asking
/// @param checksum MD5 of the object as it lies in the bucket; so is `size`
/// @param sha256 ours: of the content; null for what was published before it was kept
/// @param encryption ours: `age` where the object is encrypted; then the two after it are of what is in it
public record ResultJson(
        UUID id,
        String resource,
        String organisation,
        UUID poll,
        UUID task,
        String identifier,
        @Nullable String type,
        String url,
        String checksum,
        long size,
        @Nullable String sha256,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String encryption,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Long contentSize,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String contentChecksum,
        @Nullable SignedUrlJson signedUrl,
        String state,
        Instant dateCreated,
        @Nullable Instant dateConsumed,
        @Nullable Instant dateDeleted) {

    /// A download that needs no key until it expires. Without a `resource`, which ricloud-py could not cast.
    public record SignedUrlJson(String url, Instant dateExpires) {}

    static ResultJson of(Result result, @Nullable SignedUrlJson signedUrl) {
        return new ResultJson(
                result.id(),
                "result",
                result.organisation().toString(),
                result.poll(),
                result.task(),
                result.identifier(),
                result.type().orElse(null),
                result.url(),
                result.checksum(),
                result.size(),
                result.sha256().orElse(null),
                result.plain().map(_ -> "age").orElse(null),
                result.plain().map(Result.Plain::size).orElse(null),
                result.plain().map(Result.Plain::checksum).orElse(null),
                signedUrl,
                result.state().slug(),
                result.dateCreated(),
                result.dateConsumed().orElse(null),
                result.dateDeleted().orElse(null));
    }
}
