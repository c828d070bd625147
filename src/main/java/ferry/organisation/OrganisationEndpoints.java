package ferry.organisation;

import ferry.access.Organisation;
import ferry.access.Organisations;
import ferry.db.Database;
import ferry.http.Answer;
import ferry.http.Endpoints;
import ferry.http.ListJson;
import ferry.http.Page;
import ferry.http.Request;
import ferry.http.Routes;
import ferry.permission.PermissionJson;
import ferry.storage.StorageConfigJson;
import ferry.storage.StorageConfigState;
import ferry.storage.StorageConfigs;
import ferry.webhook.WebhookConfigJson;
import ferry.webhook.WebhookConfigs;
import org.jdbi.v3.core.Handle;

/// `GET /organisation`: who is asking, and whether it is configured.
public final class OrganisationEndpoints implements Endpoints {
    private final Database db;
    private final Organisations organisations;
    private final StorageConfigs configs;
    private final WebhookConfigs webhooks;

    /// @param configs a valid one of which makes the organisation active
    public OrganisationEndpoints(
            Database db, Organisations organisations, StorageConfigs configs, WebhookConfigs webhooks) {
        this.db = db;
        this.organisations = organisations;
        this.configs = configs;
        this.webhooks = webhooks;
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/organisation", this::retrieve);
    }

    private Answer retrieve(Request request) {
        var id = request.caller().organisation();
        return db.tenant(id, tx -> {
            var organisation = organisations.find(tx, id).orElseThrow();
            return Answer.ok(shown(tx, organisation, request.isRicloudPy()));
        });
    }

    private OrganisationJson shown(Handle tx, Organisation organisation, boolean ricloudPy) {
        var id = organisation.id();
        var slice = configs.list(tx, id, Page.FIRST);
        return new OrganisationJson(
                id.value(),
                "organisation",
                organisation.name(),
                organisation.slug(),
                PermissionJson.base(id.value(), organisation.scopes(), organisation.dateCreated(), ricloudPy),
                ListJson.of(slice, "/configs/storage", config -> StorageConfigJson.of(id, config)),
                configs.defaultConfig(tx, id).map(Object::toString).orElse(null),
                ListJson.of(
                        webhooks.list(tx, id, Page.FIRST),
                        "/configs/webhook",
                        config -> WebhookConfigJson.of(id, config)),
                webhooks.defaultConfig(tx, id).map(Object::toString).orElse(null),
                organisation
                        .blocked()
                        .orElse(configs.anyIn(tx, id, StorageConfigState.VALID) ? "active" : "unconfigured"),
                organisation.dateCreated());
    }
}
