package ferry.webhook;

import ferry.access.OrgId;
import ferry.db.Database;
import ferry.error.ErrorCode;
import ferry.event.EventState;
import ferry.event.Events;
import ferry.task.Attempt;
import ferry.task.Outcome;
import ferry.task.Task;
import ferry.task.TaskHandler;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/// Tests a webhook config by sending it an event `webhook_config.test`: the task behind every new or changed
/// config, and behind `/test`. The event has the task's id.
///
/// Receivers start late (ricloud-py makes its config before it listens), so a test that fails is made again
/// over the first seconds.
public final class TestWebhook implements TaskHandler {
    /// The task's type.
    public static final String TYPE = "webhook_config.test";

    private static final List<Duration> AGAIN = List.of(
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            Duration.ofSeconds(2),
            Duration.ofSeconds(4),
            Duration.ofSeconds(8));

    private final Database db;
    private final WebhookConfigs configs;
    private final AttemptLog attempts;
    private final Backlogs backlogs;
    private final Events events;
    private final Sender sender;

    TestWebhook(
            Database db, WebhookConfigs configs, AttemptLog attempts, Backlogs backlogs, Events events, Sender sender) {
        this.db = db;
        this.configs = configs;
        this.attempts = attempts;
        this.backlogs = backlogs;
        this.events = events;
        this.sender = sender;
    }

    @Override
    public Outcome run(Attempt attempt) {
        var task = attempt.task();
        var organisation = task.organisation();
        var config = db.tenant(organisation, tx -> configs.find(tx, organisation, config(task)))
                .orElseThrow();
        if (config.state() == WebhookConfigState.DEACTIVATED) {
            return new Outcome.Failed(ErrorCode.WEBHOOK_FAILED, "The config is deactivated.");
        }
        attempt.fenced(tx -> begin(tx, attempt, config));
        var event = db.tenant(organisation, tx -> events.find(tx, organisation, task.id()))
                .orElseThrow();
        var found = sender.send(organisation, config.id(), config.url(), config.secrets(), event);
        return attempt.fenced(tx -> end(tx, attempt, config, found));
    }

    private boolean begin(Handle tx, Attempt attempt, WebhookConfig config) {
        var task = attempt.task();
        var organisation = task.organisation();
        events.emit(
                tx,
                task.id(),
                organisation,
                task.key(),
                "webhook_config",
                "test",
                Long.toString(config.id()),
                WebhookConfigJson.of(organisation, config));
        return attempts.begin(tx, organisation, task.id(), config.id(), attempt.number());
    }

    private Outcome end(Handle tx, Attempt attempt, WebhookConfig config, Attempted found) {
        var organisation = attempt.task().organisation();
        var id = attempt.task().id();
        int number = attempt.number();
        if (found.delivered()) {
            Line.lock(tx, Line.FIRST);
            attempts.end(tx, organisation, id, number, found, EventState.DELIVERED);
            configs.tested(tx, organisation, config.id(), config.revision(), WebhookConfigState.VALID, found)
                    .filter(valid -> configs.makeFirstDefault(tx, organisation, valid.id()))
                    .ifPresent(valid -> backlogs.adopt(tx, valid));
            return new Outcome.Succeeded();
        }
        if (number <= AGAIN.size()) {
            attempts.end(tx, organisation, id, number, found, EventState.PENDING);
            return new Outcome.Again(AGAIN.get(number - 1), ErrorCode.WEBHOOK_FAILED, found.sentence());
        }
        attempts.end(tx, organisation, id, number, found, EventState.FAILED);
        var before = configs.find(tx, organisation, config.id()).map(WebhookConfig::state);
        configs.tested(tx, organisation, config.id(), config.revision(), WebhookConfigState.INVALID, found)
                .filter(_ -> before.equals(Optional.of(WebhookConfigState.VALID)))
                .ifPresent(stopped -> events.emit(
                        tx,
                        organisation,
                        stopped.key(),
                        "webhook_config",
                        "invalid",
                        Long.toString(stopped.id()),
                        WebhookConfigJson.of(organisation, stopped)));
        return new Outcome.Failed(ErrorCode.WEBHOOK_FAILED, found.sentence());
    }

    @Override
    public void settled(Handle tx, Task task, Outcome.Final outcome) {
        // A test that never came to a finding says so, and the config is to be tested again.
        if (outcome instanceof Outcome.Failed(var why, var _) && why != ErrorCode.WEBHOOK_FAILED) {
            OrgId organisation = task.organisation();
            var found = new Attempted(
                    Optional.empty(), Duration.ZERO, Optional.of(AttemptError.INTERRUPTED), Optional.empty());
            configs.find(tx, organisation, config(task))
                    .filter(config -> config.state() == WebhookConfigState.NEW)
                    .ifPresent(config -> configs.tested(
                            tx, organisation, config.id(), config.revision(), WebhookConfigState.INVALID, found));
        }
    }

    private static long config(Task task) {
        return Long.parseLong(Objects.requireNonNull(task.target(), "a test has a config"));
    }
}
