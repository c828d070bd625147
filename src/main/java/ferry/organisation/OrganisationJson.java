package ferry.organisation;

import ferry.http.ListJson;
import ferry.permission.PermissionJson;
import ferry.storage.StorageConfigJson;
import ferry.webhook.WebhookConfigJson;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// The organisation as the API shows it (seed page). The component order here is the field order on the wire.
///
/// @param id a number here, unlike other ids (design 4)
record OrganisationJson(
        long id,
        String resource,
        String name,
        String slug,
        PermissionJson permissions,
        ListJson<StorageConfigJson> storageConfigs,
        @Nullable String storageConfigDefault,
        ListJson<WebhookConfigJson> webhookConfigs,
        @Nullable String webhookConfigDefault,
        String state,
        Instant dateCreated) {}
