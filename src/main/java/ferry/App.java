package ferry;

import ferry.access.MasterKeys;
import ferry.access.Organisations;
import ferry.access.Vault;
import ferry.audit.Audit;
import ferry.connector.Connector;
import ferry.connector.Limits;
import ferry.crypto.MasterKey;
import ferry.db.Database;
import ferry.egress.Outbound;
import ferry.erasure.Erasure;
import ferry.erasure.ErasureEndpoints;
import ferry.erasure.Retention;
import ferry.event.EventEndpoints;
import ferry.event.Events;
import ferry.http.Api;
import ferry.http.Endpoints;
import ferry.http.Page;
import ferry.http.RateLimits;
import ferry.http.Resends;
import ferry.http.Totals;
import ferry.key.KeyEndpoints;
import ferry.key.KeyRequest;
import ferry.key.Keys;
import ferry.manifest.ManifestKeys;
import ferry.manifest.Manifests;
import ferry.organisation.OrganisationEndpoints;
import ferry.permission.NamedPermissions;
import ferry.permission.PermissionEndpoints;
import ferry.permission.ScopeLimits;
import ferry.poll.Cursors;
import ferry.poll.Deliveries;
import ferry.poll.Fetch;
import ferry.poll.LateFeeds;
import ferry.poll.Leftovers;
import ferry.poll.NewPolls;
import ferry.poll.PollEndpoints;
import ferry.poll.PollErrors;
import ferry.poll.PollManifests;
import ferry.poll.PollPages;
import ferry.poll.Polls;
import ferry.result.ResultEndpoints;
import ferry.result.ResultPages;
import ferry.result.Results;
import ferry.result.SchemaEndpoints;
import ferry.sandbox.ClockEndpoints;
import ferry.sandbox.TriggerEndpoints;
import ferry.session.EndSession;
import ferry.session.OpenSession;
import ferry.session.OpenSignIns;
import ferry.session.SessionEndpoints;
import ferry.session.SessionExpiry;
import ferry.session.Sessions;
import ferry.session.SignInBudget;
import ferry.session.SignOuts;
import ferry.source.Connectors;
import ferry.source.FileIds;
import ferry.source.SourceEndpoints;
import ferry.source.Sources;
import ferry.storage.Lanes;
import ferry.storage.LateProbes;
import ferry.storage.LocalBuckets;
import ferry.storage.PartBuffers;
import ferry.storage.Probe;
import ferry.storage.Publishers;
import ferry.storage.Reach;
import ferry.storage.SignedUrls;
import ferry.storage.StorageConfigEndpoints;
import ferry.storage.StorageConfigs;
import ferry.storage.TestStorage;
import ferry.storage.disk.DiskObjects;
import ferry.storage.disk.UnfinishedUploads;
import ferry.storage.s3.UnfinishedParts;
import ferry.subscription.SubscriptionEndpoints;
import ferry.subscription.SubscriptionSessions;
import ferry.subscription.Subscriptions;
import ferry.subscription.Ticker;
import ferry.task.TaskEndpoints;
import ferry.task.TaskHandler;
import ferry.task.TaskPages;
import ferry.task.Tasks;
import ferry.task.UpstreamLimits;
import ferry.task.Worker;
import ferry.user.UserEndpoints;
import ferry.user.Users;
import ferry.webhook.TestWebhook;
import ferry.webhook.WebhookConfigs;
import ferry.webhook.Webhooks;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import javax.crypto.spec.SecretKeySpec;

/// The whole service, built by hand from the ground floor up. `serve`, the operator's commands and the tests
/// all start here. Nothing runs before [#start]; [#close] stops what runs, in reverse. The database stays its
/// opener's to close.
public final class App implements AutoCloseable {
    private final Api api;
    private final Worker worker;
    private final Webhooks webhooks;
    private final Sweeper sweeper;
    private final Sweeper ticks;
    private final Resends resends;
    private final HeldKeys heldKeys;
    private final Outbound toBuckets;
    private final Organisations organisations;
    private final Keys keys;
    private final SessionExpiry expiry;

    /// @param db migrated; closed by whoever opened it, after this
    /// @param clock the only source of time
    /// @param master seals the organisations' keys
    /// @param connectors the kinds of source this service reads
    public App(Database db, InstantSource clock, MasterKey master, List<Connector> connectors, AppSettings settings) {
        this(db, clock, master, connectors, settings, RateLimits.OFF, new CompositeMeterRegistry());
    }

    /// @param rates how many requests each organisation and key may make
    /// @param meters where requests and work are measured
    public App(
            Database db,
            InstantSource clock,
            MasterKey master,
            List<Connector> connectors,
            AppSettings settings,
            RateLimits rates,
            MeterRegistry meters) {
        var fingerprint = master.fingerprint();
        var pulse = settings.moved().map(AppSettings.Moved::pulse).orElse(clock);
        this.organisations = new Organisations(clock, master.sealer());
        var vault = new Vault(db, organisations, master.sealer());

        this.resends = new Resends(db, vault, fingerprint, clock);
        var events = new Events(clock);
        var audit = new Audit(clock);

        var permissions = new NamedPermissions(clock);
        var scopeLimits = new ScopeLimits(clock);

        var webhookConfigs = new WebhookConfigs(clock);
        this.webhooks = new Webhooks(db, webhookConfigs, events, vault, settings.webhooks(), clock, pulse);

        var tasks = new Tasks(clock);
        var users = new Users(clock);
        this.keys = new Keys(db, clock);

        var sources = new Sources(clock, scopeLimits);
        var readers = new Connectors(connectors);
        var fileIds = new FileIds(vault);
        var configs = new StorageConfigs(clock);
        this.toBuckets = Outbound.open(settings.storage().egress());
        var localBuckets = new LocalBuckets(clock);
        var publishers = new Publishers(
                settings.buckets().map(root -> new Publishers.Local(root, db, localBuckets)),
                Optional.of(new Publishers.Cloud(
                        vault,
                        new Reach(
                                toBuckets,
                                pulse,
                                settings.storage().retries(),
                                PartBuffers.ofHeap(),
                                new Lanes.ToBuckets()))));
        var downloads = new DiskObjects(settings.buckets().orElse(settings.noBuckets()));
        var signedUrls = new SignedUrls(settings.publicUrl(), signingKey(master), clock);

        var sessions = new Sessions(clock);
        var subscriptions = new Subscriptions(clock);
        var subscriptionSessions = new SubscriptionSessions(subscriptions, sessions, events, settings.subscriptions());
        var openSignIns = new OpenSignIns(clock);
        var budget = new SignInBudget(db, clock, fingerprint, settings.signIns());
        var signOuts = new SignOuts(tasks, sources, vault, clock);
        this.expiry = new SessionExpiry(
                db, sessions, signOuts, vault, events, subscriptionSessions, clock, settings.idleSessions());
        var results = new Results(clock);
        var resultPages = new ResultPages(results, configs, publishers, signedUrls, clock, pulse);
        var taskPages = new TaskPages((tx, organisation, task) -> resultPages.list(
                tx, organisation, Results.Filter.ofTask(task), Page.FIRST, "/tasks/" + task + "/results"));

        var polls = new Polls(clock);
        var errors = new PollErrors(clock);
        var deliveries = new Deliveries();
        var cursors = new Cursors(vault, clock);
        var pollPages = new PollPages(tasks, resultPages, errors);

        var accounts = new ConcurrentHashMap<String, Limits>();
        BiFunction<String, String, Limits> limits = (type, identifier) -> accounts.computeIfAbsent(
                HexFormat.of()
                        .formatHex(fingerprint.of(
                                "account", type, identifier.strip().toLowerCase(Locale.ROOT))),
                account -> new UpstreamLimits(db, account, settings.upstream(), clock));

        var fetch = new Fetch(
                db,
                polls,
                errors,
                deliveries,
                cursors,
                pollPages,
                taskPages,
                sessions,
                expiry,
                budget,
                sources,
                readers,
                fileIds,
                vault,
                configs,
                publishers,
                results,
                limits,
                events,
                webhookConfigs,
                settings.subscriptions().overlap(),
                clock);
        var manifestKeys = new ManifestKeys(vault, clock);
        var manifests = new PollManifests(
                db,
                new Manifests(clock),
                manifestKeys,
                polls,
                errors,
                tasks,
                results,
                sources,
                configs,
                publishers,
                clock);
        var handlers = new HashMap<String, TaskHandler>();
        handlers.put(
                OpenSession.TYPE,
                new OpenSession(
                        db,
                        sessions,
                        openSignIns,
                        sources,
                        readers,
                        vault,
                        budget,
                        signOuts,
                        limits,
                        events,
                        subscriptionSessions,
                        audit,
                        clock));
        handlers.put(EndSession.TYPE, new EndSession(readers, vault, limits));
        handlers.put(TestStorage.TYPE, new TestStorage(db, configs, new Probe(db, localBuckets, publishers)));
        handlers.put(TestWebhook.TYPE, webhooks.test());
        handlers.put(Fetch.DATA, fetch);
        handlers.put(Fetch.INFO, fetch);
        handlers.put(Fetch.FILES, fetch);
        this.worker = new Worker(db, handlers, settings.tasks(), clock, pulse);

        var buckets = settings.buckets().map(DiskObjects::new);
        var cleaned = settings.retention().results().flatMap(_ -> buckets);
        var erasure = new Erasure(db, expiry, worker, cleaned, clock);
        var retention = new Retention(db, clock, settings.retention(), buckets);

        Metrics.bind(meters, db, worker, connectors);
        var newPolls = new NewPolls(
                polls,
                errors,
                cursors,
                pollPages,
                taskPages,
                sessions,
                sources,
                readers,
                fileIds,
                configs,
                keys,
                tasks,
                scopeLimits,
                events,
                audit,
                clock);
        var ticker = new Ticker(
                db, subscriptions, subscriptionSessions, sessions, keys, polls, newPolls, clock, worker::wake);

        var rooms = new ArrayList<Endpoints>(List.of(
                new Health(db, System::nanoTime),
                new ApiDocument(),
                new SchemaEndpoints(),
                new OrganisationEndpoints(
                        db,
                        organisations,
                        configs,
                        webhookConfigs,
                        manifestKeys,
                        keys,
                        audit,
                        settings.retention().events()),
                new PermissionEndpoints(db, resends, permissions, keys::checkMayManage, audit::note),
                new KeyEndpoints(
                        db, resends, keys, new KeyRequest(permissions, configs::inUse, webhookConfigs::inUse), audit),
                new UserEndpoints(db, users, organisations, keys::active, audit),
                new ErasureEndpoints(db, users, erasure, keys, audit),
                new SourceEndpoints(db, sources, users, readers, audit),
                new SessionEndpoints(
                        db,
                        resends,
                        sessions,
                        openSignIns,
                        sources,
                        users,
                        readers,
                        tasks,
                        vault,
                        expiry,
                        audit,
                        clock,
                        worker::wake),
                new PollEndpoints(
                        db,
                        resends,
                        polls,
                        newPolls,
                        subscriptionSessions,
                        errors,
                        pollPages,
                        resultPages,
                        tasks,
                        worker,
                        audit),
                new SubscriptionEndpoints(
                        db,
                        resends,
                        subscriptions,
                        subscriptionSessions,
                        sessions,
                        newPolls,
                        deliveries,
                        audit,
                        settings.subscriptions(),
                        clock),
                new TaskEndpoints(db, tasks, taskPages, worker),
                new ResultEndpoints(db, results, resultPages, downloads, signedUrls),
                new StorageConfigEndpoints(
                        db, resends, configs, publishers, tasks, taskPages, worker, vault, keys, audit, clock),
                new EventEndpoints(db, events, webhooks.sequencer())));
        rooms.addAll(webhooks.endpoints(tasks, taskPages, worker, resends, keys, audit));
        settings.moved()
                .ifPresent(moved -> rooms.add(new ClockEndpoints(clock, moved.advance(), () -> {
                    expiry.runDue();
                    ticker.runDue();
                    worker.wake();
                    webhooks.wake();
                    db.systemDo(openSignIns::sweep);
                    retention.runDue();
                })));
        if (settings.sandbox()) {
            rooms.add(new TriggerEndpoints(db, resends, events, audit, clock));
        }
        this.api = new Api(keys, rates, meters, rooms);

        this.heldKeys = new HeldKeys(db, new MasterKeys(clock), master);
        var lateFeeds = new LateFeeds(db, configs, publishers, clock);
        var leftovers = new Leftovers(db, configs, publishers, clock);
        var lateProbes = new LateProbes(db, configs, publishers, clock);
        var unfinishedParts = new UnfinishedParts(db, configs, publishers, clock);
        // By itself: what the others do may take longer than a poll that is due may wait.
        this.ticks = new Sweeper(
                List.of(new Sweeper.Duty("due subscriptions", settings.pace().subscriptions(), ticker::runDue)));
        this.sweeper = new Sweeper(List.of(
                new Sweeper.Duty(
                        "unfinished parts", Duration.ofHours(6), () -> unfinishedParts.sweep(Duration.ofDays(1))),
                new Sweeper.Duty("manifests of polls", settings.pace().manifests(), manifests::runDue),
                new Sweeper.Duty("users to be erased", settings.pace().erasures(), erasure::runDue),
                new Sweeper.Duty("what is old", Duration.ofHours(1), retention::runDue),
                new Sweeper.Duty("rate limits", Duration.ofMinutes(1), rates::sweep),
                new Sweeper.Duty("re-sends", Duration.ofSeconds(5), resends::sweep),
                new Sweeper.Duty("totals of lists", Duration.ofSeconds(1), () -> db.systemDo(Totals::fold)),
                new Sweeper.Duty("idle sessions", Duration.ofMinutes(1), expiry::runDue),
                new Sweeper.Duty("open sign-ins", Duration.ofSeconds(30), () -> db.systemDo(openSignIns::sweep)),
                new Sweeper.Duty("sign-in budgets", Duration.ofMinutes(10), () -> db.systemDo(budget::sweep)),
                new Sweeper.Duty("windows of limits", Duration.ofHours(1), () -> db.systemDo(scopeLimits::sweep)),
                new Sweeper.Duty("late feeds", Duration.ofHours(1), () -> lateFeeds.sweep(Duration.ofDays(1))),
                new Sweeper.Duty("objects without a result", Duration.ofMinutes(5), leftovers::sweep),
                new Sweeper.Duty("late probes", Duration.ofHours(1), () -> lateProbes.sweep(Duration.ofDays(1))),
                new Sweeper.Duty("unfinished uploads", Duration.ofHours(1), () -> {
                    if (settings.buckets().isPresent()) {
                        new UnfinishedUploads(settings.buckets().get(), clock).sweep(Duration.ofDays(1));
                    }
                })));
    }

    /// What answers requests.
    public Api api() {
        return api;
    }

    /// The table of organisations, for the operator's commands.
    public Organisations organisations() {
        return organisations;
    }

    /// What creates go through, so that they happen once.
    public Resends resends() {
        return resends;
    }

    /// The table of keys, for the operator's commands.
    public Keys keys() {
        return keys;
    }

    /// Ends sessions.
    public SessionExpiry sessionExpiry() {
        return expiry;
    }

    /// Starts workers and sweepers, unless the settings give this process none.
    public void start() {
        heldKeys.start();
        worker.start();
        webhooks.start();
        sweeper.start();
        ticks.start();
    }

    /// Stops them: tasks under way go back to be done elsewhere.
    @Override
    public void close() {
        ticks.close();
        sweeper.close();
        worker.close();
        webhooks.close();
        resends.close();
        heldKeys.close();
        toBuckets.close();
    }

    private static SecretKeySpec signingKey(MasterKey master) {
        var key = master.derive("signed-urls").reveal().getBytes(StandardCharsets.UTF_8);
        return new SecretKeySpec(key, "HmacSHA256");
    }
}
