package ferry.permission;

import com.fasterxml.jackson.annotation.JsonInclude;
import ferry.access.Scopes;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/// Base permissions as they are nested in the organisation (seed page). The component order here is the order
/// on the wire.
///
/// @param id a number here, unlike other ids (design 4)
/// @param resource `organisation_permissions`; `permissions` to ricloud-py, which crashes on any other word
@JsonInclude(JsonInclude.Include.ALWAYS)
public record PermissionJson(
        long id,
        String resource,
        String identifier,
        Map<String, List<Map<String, Object>>> scopes,
        Instant dateCreated) {
    /// The word of `/permissions`, and of the nested one for ricloud-py.
    static final String RESOURCE = "permissions";

    /// The organisation's base permissions for this client.
    ///
    /// @param ricloudPy whether the client is ricloud-py, the one place that decides the word
    public static PermissionJson base(long id, Scopes scopes, Instant dateCreated, boolean ricloudPy) {
        return new PermissionJson(
                id, ricloudPy ? RESOURCE : "organisation_permissions", "default", scopes.byScope(), dateCreated);
    }
}
