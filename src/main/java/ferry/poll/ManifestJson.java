package ferry.poll;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A poll's manifest as the API shows it. Without a `resource`, which ricloud-py could not cast. The component order
/// here is the field order on the wire.
///
/// @param state `available`, `expired` once it was deleted with the poll's objects, `failed` where it was given up
/// @param url where it lies, as a result's; null where it failed
/// @param signatureUrl where its signature lies
/// @param key the id of the key it is signed with, among the organisation's `manifest_keys`
/// @param sha256 of the manifest itself
/// @param error why it failed; absent unless it did
record ManifestJson(
        String state,
        @Nullable String url,
        @Nullable String signatureUrl,
        @Nullable String key,
        @Nullable Long size,
        @Nullable String sha256,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String error,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String message,
        @Nullable Instant dateCreated) {
    /// Reads it off the row of its poll.
    static Optional<ManifestJson> of(ResultSet row) throws SQLException {
        var state = row.getString("manifest_state");
        if (state == null || state.equals("pending")) {
            return Optional.empty();
        }
        var written = row.getTimestamp("manifest_date");
        boolean lies = !state.equals("failed");
        return Optional.of(new ManifestJson(
                state,
                lies ? row.getString("manifest_url") : null,
                lies ? row.getString("manifest_signature_url") : null,
                row.getString("manifest_key"),
                row.getObject("manifest_size", Long.class),
                row.getString("manifest_sha256"),
                row.getString("manifest_error"),
                row.getString("manifest_message"),
                written == null ? null : written.toInstant()));
    }
}
