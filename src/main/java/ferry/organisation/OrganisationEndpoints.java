package ferry.organisation;

import ferry.access.Organisation;
import ferry.access.Organisations;
import ferry.audit.Audit;
import ferry.db.Database;
import ferry.http.Answer;
import ferry.http.Endpoints;
import ferry.http.Fields;
import ferry.http.ListJson;
import ferry.http.Page;
import ferry.http.Request;
import ferry.http.Routes;
import ferry.key.ConfigFields;
import ferry.key.Keys;
import ferry.manifest.ManifestKeyJson;
import ferry.manifest.ManifestKeys;
import ferry.permission.PermissionJson;
import ferry.storage.StorageConfigJson;
import ferry.storage.StorageConfigState;
import ferry.storage.StorageConfigs;
import ferry.webhook.WebhookConfigJson;
import ferry.webhook.WebhookConfigs;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/// `/organisation`: who is asking, whether it is configured, and what it may change about itself.
public final class OrganisationEndpoints implements Endpoints {
    /// Every organisation is served the one version there is.
    private static final String API_VERSION = "v3";

    private static final int LONGEST_NAME = 200;
    private static final Duration SHORTEST_RETENTION = Duration.ofDays(1);
    private static final Duration LONGEST_RETENTION = Duration.ofDays(36_500);

    private final Database db;
    private final Organisations organisations;
    private final StorageConfigs configs;
    private final WebhookConfigs webhooks;
    private final ManifestKeys manifestKeys;
    private final Keys keys;
    private final Audit audit;
    private final Optional<Duration> eventRetention;

    /// @param configs a valid one of which makes the organisation active
    /// @param manifestKeys whose public halves it shows
    /// @param keys tells who may change it
    /// @param eventRetention how long the operator keeps events; empty for ever
    public OrganisationEndpoints(
            Database db,
            Organisations organisations,
            StorageConfigs configs,
            WebhookConfigs webhooks,
            ManifestKeys manifestKeys,
            Keys keys,
            Audit audit,
            Optional<Duration> eventRetention) {
        this.db = db;
        this.organisations = organisations;
        this.configs = configs;
        this.webhooks = webhooks;
        this.manifestKeys = manifestKeys;
        this.keys = keys;
        this.audit = audit;
        this.eventRetention = eventRetention;
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/organisation", this::retrieve);
        routes.post("/organisation", this::update);
    }

    private Answer retrieve(Request request) {
        var id = request.caller().organisation();
        return db.read(id, tx -> {
            var organisation = organisations.find(tx, id).orElseThrow();
            return Answer.ok(shown(tx, organisation, request.isRicloudPy()));
        });
    }

    /// Changes what the body names. The slug stays when the name changes.
    private Answer update(Request request) {
        var id = request.caller().organisation();
        var fields = request.fields();
        return db.tenant(id, tx -> {
            keys.checkMayManage(tx, request.caller());
            Organisations.lock(tx, id);
            var before = organisations.find(tx, id).orElseThrow();
            var name = fields.node().has("name") ? name(fields) : before.name();
            var config = ConfigFields.config(fields, before.config());
            var storage = ConfigFields.reference(
                    tx, id, fields, "storage_config_default", "storage", configs::inUse, configs.defaultConfig(tx, id));
            var webhook = ConfigFields.reference(
                    tx,
                    id,
                    fields,
                    "webhook_config_default",
                    "webhook",
                    webhooks::inUse,
                    webhooks.defaultConfig(tx, id));
            var kept = fields.node().has("event_retention") ? retention(fields) : before.eventRetention();
            fields.check();
            var after = organisations.update(tx, id, name, config, kept);
            if (fields.node().has("storage_config_default")) {
                configs.makeDefault(tx, id, storage);
            }
            if (fields.node().has("webhook_config_default")) {
                webhooks.makeDefault(tx, id, webhook);
            }
            audit.note(tx, request.caller(), "organisation.update", "organisation/" + id, named(fields), request.id());
            return Answer.ok(shown(tx, after, request.isRicloudPy()));
        });
    }

    private static String name(Fields fields) {
        var name = fields.text("name").strip();
        if (name.length() > LONGEST_NAME) {
            fields.problem("name", "is longer than " + LONGEST_NAME + " characters");
        }
        return name;
    }

    /// No longer than the operator keeps events.
    private Optional<Duration> retention(Fields fields) {
        var longest = eventRetention.orElse(LONGEST_RETENTION).toSeconds();
        return fields.optionalSeconds("event_retention").map(seconds -> {
            if (seconds < SHORTEST_RETENTION.toSeconds()) {
                fields.problem("event_retention", "is less than " + SHORTEST_RETENTION.toSeconds() + " seconds");
            } else if (seconds > longest) {
                fields.problem("event_retention", "is more than " + longest + " seconds");
            }
            return Duration.ofSeconds(Math.round(seconds));
        });
    }

    /// Which of the fields that matter a body names, for the audit log.
    private static Map<String, ?> named(Fields fields) {
        return Map.of(
                "named",
                Stream.of("name", "config", "storage_config_default", "webhook_config_default", "event_retention")
                        .filter(fields.node()::has)
                        .toList());
    }

    private OrganisationJson shown(Handle tx, Organisation organisation, boolean ricloudPy) {
        var id = organisation.id();
        var slice = configs.list(tx, id, Page.FIRST);
        return new OrganisationJson(
                id.value(),
                "organisation",
                organisation.isSuper() ? organisation.type() : null,
                organisation.name(),
                organisation.slug(),
                API_VERSION,
                organisation.config(),
                PermissionJson.base(
                        organisation.permission(), organisation.scopes(), organisation.dateCreated(), ricloudPy),
                ListJson.of(slice, "/configs/storage", config -> StorageConfigJson.of(id, config)),
                configs.defaultConfig(tx, id).map(Object::toString).orElse(null),
                ListJson.of(
                        webhooks.list(tx, id, Page.FIRST),
                        "/configs/webhook",
                        config -> WebhookConfigJson.of(id, config)),
                webhooks.defaultConfig(tx, id).map(Object::toString).orElse(null),
                organisation.eventRetention().map(Duration::toSeconds).orElse(null),
                manifestKeys.all(tx, id).stream().map(ManifestKeyJson::of).toList(),
                organisation
                        .blocked()
                        .orElse(configs.anyIn(tx, id, StorageConfigState.VALID) ? "active" : "unconfigured"),
                organisation.dateCreated());
    }
}
