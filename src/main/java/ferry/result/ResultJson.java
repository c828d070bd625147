package ferry.result;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A result as the API shows it. The component order here is the field order on the wire.
///
/// @param type always there, since ricloud-py reads it without asking
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
                signedUrl,
                result.state().slug(),
                result.dateCreated(),
                result.dateConsumed().orElse(null),
                result.dateDeleted().orElse(null));
    }
}
