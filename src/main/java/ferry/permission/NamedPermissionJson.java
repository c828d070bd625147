package ferry.permission;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/// A permission as `/permissions` shows it. The component order here is the field order on the wire.
///
/// @param resource `permissions`, the word that every client knows there (ricloud-api 19, C1)
record NamedPermissionJson(
        String id,
        String resource,
        String organisation,
        String identifier,
        Map<String, List<Map<String, Object>>> scopes,
        Instant dateCreated) {
    static NamedPermissionJson of(Permission permission) {
        return new NamedPermissionJson(
                Long.toString(permission.id()),
                PermissionJson.RESOURCE,
                permission.organisation().toString(),
                permission.identifier(),
                permission.scopes().byScope(),
                permission.dateCreated());
    }
}
