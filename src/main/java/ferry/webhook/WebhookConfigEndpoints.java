package ferry.webhook;

import ferry.access.Organisations;
import ferry.access.Vault;
import ferry.audit.Audit;
import ferry.crypto.Secret;
import ferry.db.Database;
import ferry.db.Ids;
import ferry.error.ErrorCode;
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
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// `/configs/webhook`.
public final class WebhookConfigEndpoints implements Endpoints {
    private static final int MOST_PATTERNS = 50;
    private static final int MOST_RETRIES = 20;
    private static final Duration LONGEST_RETRY = Duration.ofDays(7);
    private static final Duration LONGEST_OVERLAP = Duration.ofDays(7);
    private static final Duration OVERLAP = Duration.ofHours(24);

    private final Database db;
    private final Resends resends;
    private final WebhookConfigs configs;
    private final WebhookUrl urls;
    private final Tasks tasks;
    private final TaskPages taskPages;
    private final Worker worker;
    private final Runnable wake;
    private final Vault vault;
    private final Keys keys;
    private final Audit audit;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();

    /// @param worker is woken after commit
    /// @param wake wakes what sends events
    /// @param keys tells who may change configs and see secrets
    WebhookConfigEndpoints(
            Database db,
            Resends resends,
            WebhookConfigs configs,
            WebhookUrl urls,
            Tasks tasks,
            TaskPages taskPages,
            Worker worker,
            Runnable wake,
            Vault vault,
            Keys keys,
            Audit audit,
            InstantSource clock) {
        this.db = db;
        this.resends = resends;
        this.configs = configs;
        this.urls = urls;
        this.tasks = tasks;
        this.taskPages = taskPages;
        this.worker = worker;
        this.wake = wake;
        this.vault = vault;
        this.keys = keys;
        this.audit = audit;
        this.clock = clock;
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/configs/webhook", this::list);
        routes.post("/configs/webhook", this::create);
        routes.get("/configs/webhook/{id}", this::retrieve);
        routes.post("/configs/webhook/{id}", this::update);
        routes.delete("/configs/webhook/{id}", this::delete);
        routes.post("/configs/webhook/{id}/test", this::test);
        routes.post("/configs/webhook/{id}/rotate", this::rotate);
        routes.post("/configs/webhook/{id}/resume", this::resume);
    }

    /// Creates a config with a secret of its own and tests it in the background.
    private Answer create(Request request) throws InterruptedException {
        var organisation = request.caller().organisation();
        var fields = request.fields();
        var wish = wish(fields, new WebhookConfig.Wish(fields.text("url"), Optional.empty(), Optional.empty()));
        fields.check();
        long made = resends.once(request, Long.class, tx -> {
            keys.checkMayManage(tx, request.caller());
            long id = configs.create(tx, organisation, request.caller().key(), wish);
            enqueueTest(tx, request, newSecret(tx, request, id, Instant.EPOCH));
            note(tx, request, "create", id);
            return id;
        });
        worker.wake();
        return Answer.created(shown(request, db.read(organisation, tx -> found(tx, request, made))));
    }

    /// Changes what the body names; the config is `new` again and tested, whatever had switched it off.
    private Answer update(Request request) {
        var organisation = request.caller().organisation();
        long id = request.number("webhook config");
        var fields = request.fields();
        var changed = db.tenant(organisation, tx -> {
            var before = found(tx, request, id);
            keys.checkMayManage(tx, request.caller());
            var wish = wish(
                    fields,
                    new WebhookConfig.Wish(
                            fields.has("url") ? fields.text("url") : before.url(), before.wanted(), before.retries()));
            fields.check();
            var config = configs.update(tx, organisation, id, wish);
            enqueueTest(tx, request, config);
            note(tx, request, "update", id);
            return config;
        });
        worker.wake();
        return Answer.ok(shown(request, changed));
    }

    private Answer retrieve(Request request) {
        long id = request.number("webhook config");
        return Answer.ok(shown(request, db.read(request.caller().organisation(), tx -> found(tx, request, id))));
    }

    private Answer list(Request request) {
        var organisation = request.caller().organisation();
        return db.read(
                organisation,
                tx -> Answer.ok(ListJson.of(
                        configs.list(tx, organisation, request.page()),
                        "/configs/webhook",
                        config -> WebhookConfigJson.of(organisation, config))));
    }

    private Answer delete(Request request) {
        var organisation = request.caller().organisation();
        long id = request.number("webhook config");
        return db.tenant(organisation, tx -> {
            keys.checkMayManage(tx, request.caller());
            var config = configs.deactivate(tx, organisation, id, WebhookConfigState.Stopped.ORGANISATION)
                    .orElseThrow(() -> ApiException.notFound("webhook config"));
            note(tx, request, "delete", id);
            return Answer.ok(WebhookConfigJson.of(organisation, config));
        });
    }

    /// Tests it again, which stops a config that fails; answers with the test's task. One that has not ended is not
    /// joined by another.
    private Answer test(Request request) throws InterruptedException {
        var organisation = request.caller().organisation();
        long id = request.number("webhook config");
        var task = resends.once(request, UUID.class, tx -> {
            Organisations.lock(tx, organisation);
            var config = found(tx, request, id);
            keys.checkMayManage(tx, request.caller());
            if (config.state() == WebhookConfigState.DEACTIVATED) {
                throw new ApiException(ErrorCode.CONFLICT, "The config is deactivated; resume it first.");
            }
            return tasks.underWay(tx, organisation, TestWebhook.TYPE, Long.toString(id))
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

    /// Gives it another secret; the one before signs beside it for a while. A repeat is shown the same secret: with
    /// one more the receiver's would no longer sign.
    private Answer rotate(Request request) throws InterruptedException {
        var organisation = request.caller().organisation();
        long id = request.number("webhook config");
        var fields = request.fields();
        var overlap = fields.optionalSeconds("overlap")
                .map(seconds -> Duration.ofMillis((long) (seconds * 1000)))
                .orElse(OVERLAP);
        if (overlap.compareTo(LONGEST_OVERLAP) > 0) {
            fields.problem("overlap", "is more than " + LONGEST_OVERLAP.toSeconds() + " seconds");
        }
        fields.check();
        var until = clock.instant().plus(overlap);
        long rotated = resends.once(request, Long.class, tx -> {
            found(tx, request, id);
            keys.checkMayManage(tx, request.caller());
            note(tx, request, "rotate", id);
            return newSecret(tx, request, id, until).id();
        });
        return Answer.ok(shown(request, db.read(organisation, tx -> found(tx, request, rotated))));
    }

    /// Goes on with a config that was switched off, or whose last test failed, after a test; one that only pauses goes
    /// on at once.
    private Answer resume(Request request) {
        var organisation = request.caller().organisation();
        long id = request.number("webhook config");
        var resumed = db.tenant(organisation, tx -> {
            var config = found(tx, request, id);
            keys.checkMayManage(tx, request.caller());
            note(tx, request, "resume", id);
            return switch (config.state()) {
                case NEW, VALID -> {
                    configs.unpause(tx, organisation, id);
                    yield config;
                }
                case INVALID, DEACTIVATED -> {
                    var renewed = configs.renew(tx, organisation, id).orElseThrow();
                    enqueueTest(tx, request, renewed);
                    yield renewed;
                }
            };
        });
        worker.wake();
        wake.run();
        return Answer.ok(shown(request, resumed));
    }

    private Task enqueueTest(Handle tx, Request request, WebhookConfig config) {
        var caller = request.caller();
        return tasks.enqueue(
                tx,
                NewTask.interactive(Ids.next(clock), caller.organisation(), caller.key(), TestWebhook.TYPE)
                        .target(Long.toString(config.id())));
    }

    private WebhookConfig newSecret(Handle tx, Request request, long id, Instant beforeUntil) {
        var organisation = request.caller().organisation();
        var sealed = vault.seal(organisation, Signatures.newSecret(random), WebhookConfig.context(id));
        return configs.secret(tx, organisation, id, sealed, beforeUntil);
    }

    /// With its secret, for a key that may give it another: whoever receives must have it to verify.
    private WebhookConfigJson shown(Request request, WebhookConfig config) {
        var organisation = request.caller().organisation();
        if (!db.read(organisation, tx -> keys.mayManage(tx, request.caller()))) {
            return WebhookConfigJson.of(organisation, config);
        }
        Secret secret = vault.open(organisation, config.secrets().current(), WebhookConfig.context(config.id()));
        return WebhookConfigJson.of(organisation, config, Optional.of(secret));
    }

    private WebhookConfig found(Handle tx, Request request, long id) {
        return configs.find(tx, request.caller().organisation(), id)
                .orElseThrow(() -> ApiException.notFound("webhook config"));
    }

    private void note(Handle tx, Request request, String what, long id) {
        audit.note(tx, request.caller(), "webhook_config." + what, "webhook_config/" + id, Map.of(), request.id());
    }

    /// What the body asks for; what it does not name stays.
    private WebhookConfig.Wish wish(Fields fields, WebhookConfig.Wish before) {
        if (!before.url().isEmpty()) {
            urls.problem(before.url()).ifPresent(problem -> fields.problem("url", problem));
        }
        return new WebhookConfig.Wish(before.url(), patterns(fields, before), schedule(fields, before));
    }

    private static Optional<List<String>> patterns(Fields fields, WebhookConfig.Wish before) {
        var node = fields.node().get("events");
        if (node == null) {
            return before.wanted();
        }
        if (node.isNull()) {
            return Optional.empty();
        }
        var patterns = fields.texts("events");
        if (patterns.size() > MOST_PATTERNS || !patterns.stream().allMatch(p -> p.matches("[a-z_.*]{1,60}"))) {
            fields.problem("events", "is not a list of at most " + MOST_PATTERNS + " patterns such as poll.*");
        }
        return Optional.of(patterns);
    }

    private static Optional<List<Duration>> schedule(Fields fields, WebhookConfig.Wish before) {
        var node = fields.node().get("retries");
        if (node == null) {
            return before.retries();
        }
        if (node.isNull()) {
            return Optional.empty();
        }
        var waits = new ArrayList<Duration>();
        for (var item : node) {
            if (!item.isIntegralNumber() || item.asLong() < 1 || item.asLong() > LONGEST_RETRY.toSeconds()) {
                fields.problem("retries", "holds something that is not 1 to " + LONGEST_RETRY.toSeconds() + " seconds");
                return before.retries();
            }
            waits.add(Duration.ofSeconds(item.asLong()));
        }
        if (!node.isArray() || waits.size() > MOST_RETRIES) {
            fields.problem("retries", "is not a list of at most " + MOST_RETRIES + " numbers of seconds");
        }
        return Optional.of(waits);
    }
}
