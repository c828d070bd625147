package ferry.key;

import ferry.access.OrgId;
import ferry.http.Fields;
import ferry.permission.NamedPermissions;
import ferry.permission.ScopesReader;
import org.jdbi.v3.core.Handle;

/// Reads what a body says about a key. What it does not name stays as it was; null takes it back.
///
/// @param permissions which a key may be narrowed by
/// @param storageConfigs which a key may name
/// @param webhookConfigs which a key may name
public record KeyRequest(NamedPermissions permissions, ConfigExists storageConfigs, ConfigExists webhookConfigs) {
    KeySettings read(Handle tx, OrgId organisation, Fields fields, KeySettings before) {
        return new KeySettings(
                ConfigFields.reference(
                        tx, organisation, fields, "storage_config", "storage", storageConfigs, before.storageConfig()),
                ConfigFields.reference(
                        tx, organisation, fields, "webhook_config", "webhook", webhookConfigs, before.webhookConfig()),
                ConfigFields.config(fields, before.config()),
                narrowing(tx, organisation, fields, before.narrowing()));
    }

    /// The id of a permission, or scopes of the key's own. The base permission narrows nothing.
    private KeySettings.Narrowing narrowing(
            Handle tx, OrgId organisation, Fields fields, KeySettings.Narrowing before) {
        var node = fields.node().get("permissions");
        if (node == null) {
            return before;
        }
        if (node.isNull()) {
            return new KeySettings.Narrowing.None();
        }
        if (node.isObject()) {
            return new KeySettings.Narrowing.Own(new ScopesReader("permissions", fields::problem).read(node));
        }
        var found = fields.optionalNumber("permissions").flatMap(id -> permissions.find(tx, organisation, id));
        if (found.isEmpty()) {
            fields.problem("permissions", "is not a permission of this organisation, nor an object of scopes");
            return before;
        }
        return found.get().base()
                ? new KeySettings.Narrowing.None()
                : new KeySettings.Narrowing.By(found.get().id(), found.get().scopes());
    }
}
