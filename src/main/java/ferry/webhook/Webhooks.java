package ferry.webhook;

import ferry.access.Vault;
import ferry.audit.Audit;
import ferry.db.Database;
import ferry.egress.Outbound;
import ferry.event.Events;
import ferry.event.Sequencer;
import ferry.http.Endpoints;
import ferry.http.Resends;
import ferry.key.Keys;
import ferry.task.TaskPages;
import ferry.task.Tasks;
import ferry.task.Worker;
import java.time.InstantSource;
import java.util.List;
import java.util.random.RandomGenerator;

/// The room, put together: what the service needs of it. Whoever made it closes it.
public final class Webhooks implements AutoCloseable {
    private final Database db;
    private final WebhookSettings settings;
    private final InstantSource clock;
    private final Events events;
    private final Vault vault;
    private final WebhookConfigs configs;
    private final Placement placement;
    private final Backlogs backlogs;
    private final Line line;
    private final AttemptLog attempts;
    private final Outbound outbound;
    private final Sender sender;
    private final Dispatcher dispatcher;

    /// @param pulse runs on evenly where `clock` may be moved: receivers live in it
    public Webhooks(
            Database db,
            WebhookConfigs configs,
            Events events,
            Vault vault,
            WebhookSettings settings,
            InstantSource clock,
            InstantSource pulse) {
        this.db = db;
        this.settings = settings;
        this.clock = clock;
        this.events = events;
        this.vault = vault;
        this.configs = configs;
        this.placement = new Placement(db, clock);
        this.backlogs = new Backlogs(db, clock);
        this.line = new Line(clock, pulse, settings);
        this.attempts = new AttemptLog(clock);
        // Beside the events there are tests, a few at a time.
        this.outbound = Outbound.open(settings.egress(), settings.connections() + 100);
        this.sender = new Sender(outbound, vault, clock, pulse, settings.timeout());
        var outcomes = new Outcomes(attempts, configs, events, settings, clock);
        this.dispatcher = new Dispatcher(
                db, placement, backlogs, line, outcomes, sender, settings, clock, RandomGenerator.getDefault());
    }

    /// Gives events their places.
    public Sequencer sequencer() {
        return placement;
    }

    /// The handler of [TestWebhook#TYPE].
    public TestWebhook test() {
        return new TestWebhook(db, configs, attempts, backlogs, events, sender);
    }

    /// The routes.
    public List<Endpoints> endpoints(
            Tasks tasks, TaskPages taskPages, Worker worker, Resends resends, Keys keys, Audit audit) {
        return List.of(
                new WebhookConfigEndpoints(
                        db,
                        resends,
                        configs,
                        new WebhookUrl(settings.egress()),
                        tasks,
                        taskPages,
                        worker,
                        dispatcher::wake,
                        vault,
                        keys,
                        audit,
                        clock),
                new EventReplayEndpoints(
                        db, events, placement, line, new Replays(clock), attempts, audit, dispatcher::wake));
    }

    /// Starts to send.
    public void start() {
        dispatcher.start();
    }

    /// Looks for what is due now, where the clock was moved.
    public void wake() {
        dispatcher.wake();
    }

    @Override
    public void close() {
        dispatcher.close();
        outbound.close();
    }
}
