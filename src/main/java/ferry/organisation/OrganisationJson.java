package ferry.organisation;

import com.fasterxml.jackson.annotation.JsonInclude;
import ferry.access.Config;
import ferry.http.ListJson;
import ferry.manifest.ManifestKeyJson;
import ferry.permission.PermissionJson;
import ferry.storage.StorageConfigJson;
import ferry.webhook.WebhookConfigJson;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The organisation as the API shows it (seed page). The component order here is the field order on the wire.
///
/// @param id a number here, unlike other ids (design 4)
/// @param type `standard` or `super`; shown to super organisations alone
/// @param eventRetention ours: seconds for which it keeps its events; null for as long as the operator lets it
/// @param manifestKeys ours: what the manifests of its polls are signed with, newest first; empty before the first
/// @param apiVersion the version of the API this organisation is served
record OrganisationJson(
        long id,
        String resource,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String type,
        String name,
        String slug,
        String apiVersion,
        Config config,
        PermissionJson permissions,
        ListJson<StorageConfigJson> storageConfigs,
        @Nullable String storageConfigDefault,
        ListJson<WebhookConfigJson> webhookConfigs,
        @Nullable String webhookConfigDefault,
        @Nullable Long eventRetention,
        List<ManifestKeyJson> manifestKeys,
        String state,
        Instant dateCreated) {}
