package ferry.storage;

import ferry.access.Organisations;
import ferry.access.Vault;
import ferry.audit.Audit;
import ferry.db.Database;
import ferry.db.Ids;
import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Await;
import ferry.http.Endpoints;
import ferry.http.Fields;
import ferry.http.ListJson;
import ferry.http.Request;
import ferry.http.Resends;
import ferry.http.Routes;
import ferry.key.Keys;
import ferry.task.NewTask;
import ferry.task.Task;
import ferry.task.TaskPages;
import ferry.task.TaskState;
import ferry.task.Tasks;
import ferry.task.Worker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// `/configs/storage`.
public final class StorageConfigEndpoints implements Endpoints {
    private final Database db;
    private final Resends resends;
    private final StorageConfigs configs;
    private final Publishers publishers;
    private final Tasks tasks;
    private final TaskPages taskPages;
    private final Worker worker;
    private final Vault vault;
    private final Keys keys;
    private final Audit audit;
    private final InstantSource clock;

    /// @param worker is woken after commit
    /// @param keys tells who may change configs
    public StorageConfigEndpoints(
            Database db,
            Resends resends,
            StorageConfigs configs,
            Publishers publishers,
            Tasks tasks,
            TaskPages taskPages,
            Worker worker,
            Vault vault,
            Keys keys,
            Audit audit,
            InstantSource clock) {
        this.db = db;
        this.resends = resends;
        this.configs = configs;
        this.publishers = publishers;
        this.tasks = tasks;
        this.taskPages = taskPages;
        this.worker = worker;
        this.vault = vault;
        this.keys = keys;
        this.audit = audit;
        this.clock = clock;
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/configs/storage", this::list);
        routes.post("/configs/storage", this::create);
        routes.get("/configs/storage/{id}", this::retrieve);
        routes.post("/configs/storage/{id}", this::update);
        routes.delete("/configs/storage/{id}", this::delete);
        routes.post("/configs/storage/{id}/test", this::test);
    }

    /// Creates a config and tests it in the background.
    private Answer create(Request request) throws InterruptedException {
        var organisation = request.caller().organisation();
        var fields = request.fields();
        var asked = StorageRequest.read(fields, Optional.empty(), publishers::mayBePlain);
        var signedUrls = signedUrls(fields, SignedUrlsPolicy.OFF);
        fields.check();
        long made = resends.once(request, Long.class, tx -> {
            keys.checkMayManage(tx, request.caller());
            var config = sealed(tx, request, asked, configs.create(tx, organisation, asked.url(), signedUrls));
            enqueueTest(tx, request, config);
            audit.note(
                    tx,
                    request.caller(),
                    "storage_config.create",
                    "storage_config/" + config.id(),
                    Map.of(),
                    request.id());
            return config.id();
        });
        worker.wake();
        return Answer.created(
                StorageConfigJson.of(organisation, db.read(organisation, tx -> found(tx, request, made))));
    }

    /// Changes what the body names; the config is `new` again and tested.
    private Answer update(Request request) {
        var organisation = request.caller().organisation();
        long id = request.number("storage config");
        var fields = request.fields();
        var changed = db.tenant(organisation, tx -> {
            var before = found(tx, request, id);
            keys.checkMayManage(tx, request.caller());
            var asked = StorageRequest.read(fields, Optional.of(before), publishers::mayBePlain);
            var signedUrls = signedUrls(fields, before.signedUrls());
            fields.check();
            var config = configs.update(tx, organisation, id, asked.url(), signedUrls)
                    .orElseThrow();
            var sealed = sealed(tx, request, asked, config);
            enqueueTest(tx, request, sealed);
            audit.note(tx, request.caller(), "storage_config.update", "storage_config/" + id, Map.of(), request.id());
            return sealed;
        });
        worker.wake();
        return Answer.ok(StorageConfigJson.of(organisation, changed));
    }

    private Answer retrieve(Request request) {
        var organisation = request.caller().organisation();
        long id = request.number("storage config");
        return db.read(organisation, tx -> Answer.ok(StorageConfigJson.of(organisation, found(tx, request, id))));
    }

    private Answer list(Request request) {
        var organisation = request.caller().organisation();
        return db.read(
                organisation,
                tx -> Answer.ok(ListJson.of(
                        configs.list(tx, organisation, request.page()),
                        "/configs/storage",
                        config -> StorageConfigJson.of(organisation, config))));
    }

    private Answer delete(Request request) {
        var organisation = request.caller().organisation();
        long id = request.number("storage config");
        return db.tenant(organisation, tx -> {
            keys.checkMayManage(tx, request.caller());
            var config =
                    configs.deactivate(tx, organisation, id).orElseThrow(() -> ApiException.notFound("storage config"));
            audit.note(tx, request.caller(), "storage_config.delete", "storage_config/" + id, Map.of(), request.id());
            return Answer.ok(StorageConfigJson.of(organisation, config));
        });
    }

    /// Tests it again; answers with the test's task. One that has not ended is not joined by another.
    private Answer test(Request request) throws InterruptedException {
        var organisation = request.caller().organisation();
        long id = request.number("storage config");
        var task = resends.once(request, UUID.class, tx -> {
            Organisations.lock(tx, organisation);
            var config = found(tx, request, id);
            return tasks.underWay(tx, organisation, TestStorage.TYPE, Long.toString(id))
                    .orElseGet(() -> enqueueTest(tx, request, config))
                    .id();
        });
        worker.wake();
        Await.until(
                request.await(),
                () -> db.read(organisation, tx -> tasks.find(tx, organisation, task))
                        .filter(t -> t.state() == TaskState.SUCCEEDED || t.state() == TaskState.FAILED));
        return Answer.created(db.read(
                organisation,
                tx -> taskPages.shown(
                        tx,
                        organisation,
                        tasks.find(tx, organisation, task).orElseThrow(() -> ApiException.notFound("task")))));
    }

    private Task enqueueTest(Handle tx, Request request, StorageConfig config) {
        var caller = request.caller();
        return tasks.enqueue(
                tx,
                NewTask.interactive(Ids.next(clock), caller.organisation(), caller.key(), TestStorage.TYPE)
                        .target(Long.toString(config.id())));
    }

    private StorageConfig found(Handle tx, Request request, long id) {
        return configs.find(tx, request.caller().organisation(), id)
                .orElseThrow(() -> ApiException.notFound("storage config"));
    }

    private StorageConfig sealed(Handle tx, Request request, StorageRequest asked, StorageConfig config) {
        var organisation = request.caller().organisation();
        var placed =
                configs.place(tx, organisation, config.id(), asked.place(), asked.keyTemplate(), asked.recipients());
        if (placed.destination() instanceof Destination.Local
                && placed.credentials().isPresent()) {
            // those of the bucket it pointed to before
            return configs.credentials(tx, organisation, config.id(), Optional.empty())
                    .orElseThrow();
        }
        if (asked.credentials().isEmpty()) {
            return placed;
        }
        var sealed = vault.seal(organisation, asked.credentials().get(), config.credentialsContext());
        return configs.credentials(tx, organisation, config.id(), Optional.of(sealed))
                .orElseThrow();
    }

    private static SignedUrlsPolicy signedUrls(Fields fields, SignedUrlsPolicy before) {
        var enabled = fields.optionalFlag("signed_urls_enabled").orElse(before.enabled());
        var expiry = fields.optionalSeconds("signed_urls_expiry")
                .filter(seconds -> {
                    if (seconds < 1 || seconds > Duration.ofDays(7).toSeconds()) {
                        fields.problem("signed_urls_expiry", "is not between 1 second and 7 days");
                        return false;
                    }
                    return true;
                })
                .map(seconds -> Duration.ofSeconds(seconds.longValue()));
        return new SignedUrlsPolicy(enabled, expiry.or(before::expiry));
    }
}
