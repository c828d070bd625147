package ferry.crash;

import static ferry.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import ferry.App;
import ferry.AppSettings;
import ferry.access.OrgId;
import ferry.access.Scopes;
import ferry.access.Vault;
import ferry.connector.Connector;
import ferry.crypto.MasterKey;
import ferry.db.Database;
import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import ferry.erasure.Retention;
import ferry.http.WebServer;
import ferry.poll.LateFeeds;
import ferry.poll.Leftovers;
import ferry.session.SignInBudget;
import ferry.storage.Lanes;
import ferry.storage.LateProbes;
import ferry.storage.LocalBuckets;
import ferry.storage.PartBuffers;
import ferry.storage.Publishers;
import ferry.storage.Reach;
import ferry.storage.Retries;
import ferry.storage.StorageConfigs;
import ferry.storage.StorageSettings;
import ferry.storage.disk.UnfinishedUploads;
import ferry.storage.s3.UnfinishedParts;
import ferry.subscription.SubscriptionSettings;
import ferry.task.TaskSettings;
import ferry.task.UpstreamSettings;
import ferry.testing.Client;
import ferry.testing.Databases;
import ferry.testing.TestClock;
import ferry.webhook.WebhookSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/// Several workers on one database and one store, and an API that no strike reaches. One seed at a
/// time; closed by the test.
final class Cluster implements AutoCloseable {
    private static final Duration BEAT = Duration.ofMillis(50);
    private static final MasterKey MASTER = MasterKey.generate(new SecureRandom());
    /// Short leases: what a dead worker held moves again within half a second.
    private static final TaskSettings TASKS = new TaskSettings(
            4,
            2,
            BEAT,
            4,
            Duration.ofMillis(20),
            Duration.ofMillis(200),
            Duration.ofMinutes(2),
            Duration.ofMillis(50),
            20,
            4,
            Duration.ofMillis(500),
            Duration.ofSeconds(2));
    private static final EgressPolicy LOOPBACK = EgressPolicy.of(List.of()).withLoopback();
    private static final Retries QUICK = new Retries(4, Duration.ofMillis(5), Duration.ofMillis(20));
    private static final int NODES = 2;
    /// Longer than one takes to be taken and written.
    private static final Duration ONE_MANIFEST = Duration.ofSeconds(2);
    private static final int MOST_NODES = 4;
    private static final int SWEPT_AGAIN = 20;
    /// Uploads that a node has under way at once.
    private static final int AT_ONCE = 4;

    private final Databases.Logins logins = Databases.freshLogins();
    private final Database db = logins.open(4);
    private final TestClock clock = new TestClock();
    private final Library library;
    private final Store store;
    private final AtomicInteger signIns = new AtomicInteger();
    private final Blows blows = new Blows();
    private final Path folder;
    private final Path buckets;
    private final App front;
    private final WebServer server;
    private final Client client;
    private final OrgId organisation;
    private final String session;
    private final Map<String, String> fileIds;

    // Guarded by this.
    private final List<Node> healthy = new ArrayList<>();
    private final List<Node> stalled = new ArrayList<>();
    private final List<Node> dead = new ArrayList<>();
    private final List<Thread> starters = new ArrayList<>();

    /// Opens the store of a cluster.
    interface Opening {
        /// Opens it.
        ///
        /// @param folder where it may keep things
        Store in(Path folder) throws IOException;
    }

    Cluster(Opening opening) throws IOException {
        this.folder = Files.createTempDirectory("ferry-crash");
        this.store = opening.in(folder);
        this.buckets = folder.toRealPath().resolve("buckets");
        this.library = new Library(store.isCloud());
        this.front = new App(
                db,
                clock,
                MASTER,
                List.<Connector>of(new CrashSource(library, _ -> {}, signIns)),
                settings(TASKS.withSlots(0)));
        this.server = WebServer.start("127.0.0.1", 0, front.api());
        var made = db.system(tx -> {
            var organisation = front.organisations().create(tx, "Crash", "crash", Scopes.ALL, false);
            var key = front.keys().create(tx, organisation.id());
            return new Made(
                    organisation.id(), new Client(server.url(), key.token().reveal()));
        });
        this.organisation = made.organisation();
        this.client = made.client();
        upToStrength();
        var config = client.post("/configs/storage", store.config())
                .expect(201)
                .at("/id")
                .asString();
        var tested = client.settled(
                "/configs/storage/" + config, it -> !it.at("/state").asString().equals("new"));
        assertThat(tested.at("/state").asString()).as("%s", tested).isEqualTo("valid");
        this.session = signedIn(client.user("somebody"));
        this.fileIds = fileIds();
    }

    private record Made(OrgId organisation, Client client) {}

    private AppSettings settings(TaskSettings tasks) {
        return new AppSettings(
                URI.create("http://127.0.0.1"),
                Optional.of(buckets),
                tasks,
                new UpstreamSettings(0, 4, 8, Duration.ofSeconds(5)),
                new SignInBudget.Settings(1, 1),
                Duration.ofDays(10_000),
                Retention.Settings.KEEP,
                WebhookSettings.of(EgressPolicy.of(List.of()), 8, 0, Duration.ofDays(5)),
                new StorageSettings(LOOPBACK, QUICK),
                SubscriptionSettings.DEFAULT,
                AppSettings.Pace.STANDARD,
                Optional.empty(),
                false);
    }

    /// A session of an account whose sign-in nothing cut off: a machine that is busy with starting everything may
    /// miss the short heartbeats, and what takes a sign-in over ends it, since no password is tried twice.
    private String signedIn(String user) {
        for (int account = 1; ; account++) {
            signIns.set(0);
            var session = client.session(user, CrashSource.TYPE, "somebody " + account, "'password': 'password'");
            if (session.at("/state").asString().equals("active")) {
                return session.at("/id").asString();
            }
            assertThat(account).as("%s", session).isLessThan(5);
        }
    }

    /// The ids under which a poll of files asks for them, by locator: from the feeds of a poll nobody disturbs.
    private Map<String, String> fileIds() throws IOException {
        var ids = new TreeMap<String, String>();
        var poll = client.completedPoll(session, "'data_types': ['crash.notes', 'crash.letters']");
        for (var result : poll.at("/results/data")) {
            var feed = JsonMapper.shared().readTree(store.read(result.at("/url").asString()));
            for (var record : feed.at("/data")) {
                for (var type : List.of(Library.NOTES, Library.LETTERS)) {
                    library.items(type).stream()
                            .filter(item -> item.id().equals(record.at("/id").asString()))
                            .forEach(item -> ids.put(
                                    item.file().locator(), record.at("/file").asString()));
                }
            }
        }
        return ids;
    }

    /// Deletes what stalled workers published late and could not take back.
    void sweepLateObjects() throws InterruptedException {
        try (var outbound = Outbound.open(LOOPBACK)) {
            var configs = new StorageConfigs(clock);
            new LateFeeds(db, configs, publishers(outbound), clock).sweep(Duration.ofDays(365));
            new Leftovers(db, configs, publishers(outbound), clock).sweep();
            new LateProbes(db, configs, publishers(outbound), clock).sweep(Duration.ofDays(365));
        }
    }

    private Publishers publishers(Outbound outbound) {
        return new Publishers(
                Optional.of(new Publishers.Local(buckets, db, new LocalBuckets(clock))),
                Optional.of(new Publishers.Cloud(
                        new Vault(db, front.organisations(), MASTER.sealer()),
                        new Reach(outbound, clock, QUICK, new PartBuffers(4), new Lanes.ToBuckets()))));
    }

    Client client() {
        return client;
    }

    Database db() {
        return db;
    }

    OrgId organisation() {
        return organisation;
    }

    Library library() {
        return library;
    }

    Store store() {
        return store;
    }

    /// The file ids of this source, by locator.
    Map<String, String> files() {
        return fileIds;
    }

    /// How often the source was asked for the session.
    int signIns() {
        return signIns.get();
    }

    /// What a seed left.
    ///
    /// @param polls what was asked for, by the poll's id
    /// @param struck the strikes that hit somebody
    /// @param upset what went wrong on the way to the store
    /// @param swept unfinished uploads that the dead left
    record Aftermath(Map<String, Plan.Ask> polls, List<Strike> struck, List<BucketLine.Upset> upset, int swept) {}

    /// Lets it all happen, until everything is over and every stalled worker is awake again.
    Aftermath suffer(Plan plan) throws IOException, InterruptedException {
        upToStrength();
        store.clockAhead(ahead());
        store.arm(store.isCloud() ? Plan.upsets(plan.seed(), store instanceof Store.Gcs) : List.of());
        library.changing(plan.changing());
        blows.arm(plan.strikes());
        var polls = new TreeMap<String, Plan.Ask>();
        for (var ask : plan.polls()) {
            polls.put(ask(ask), ask);
        }
        polls.keySet().forEach(this::awaitCompleted);
        eventually("no execution is left", () -> executions() == 0);
        var struck = blows.struck();
        var upset = store.happened();
        blows.arm(List.of());
        store.arm(List.of());
        awaitStarters();
        wakeTheStalled();
        // of Google's sessions one request alone gives up each, and may be met by any of these
        int excused = store instanceof Store.Gcs ? upset.size() + AT_ONCE * struck.size() : 0;
        eventually(
                "only the dead still hold uploads",
                () -> store.unfinished() <= deadUploads(polls.size()) + store.unknown() + excused);
        int swept = sweepUploads();
        buryTheDead();
        return new Aftermath(polls, struck, upset, swept);
    }

    private int sweepUploads() throws IOException, InterruptedException {
        return switch (store) {
            case Store.Local _ ->
                new UnfinishedUploads(buckets, () -> clock.instant().plusSeconds(1)).sweep(Duration.ZERO);
            case Store.S3 s3 -> {
                try (var outbound = Outbound.open(LOOPBACK)) {
                    var sweeper = new UnfinishedParts(
                            db,
                            new StorageConfigs(clock),
                            publishers(outbound),
                            () -> Instant.now().plusSeconds(60));
                    s3.line().forgetUploads();
                    int swept = sweeper.sweep(Duration.ZERO);
                    // a worker that has just woken up may begin one more before it learns that it is late
                    for (int again = 0; again < SWEPT_AGAIN && s3.unfinished() > 0; again++) {
                        swept += sweeper.sweep(Duration.ZERO);
                    }
                    assertThat(s3.unfinished())
                            .as("uploads that the sweeper left")
                            .isZero();
                    yield swept;
                }
            }
            case Store.Gcs google -> google.aWeekLater();
        };
    }

    private Duration ahead() {
        return Duration.between(Instant.now(), clock.instant());
    }

    private String ask(Plan.Ask ask) {
        var payload = switch (ask) {
            case NOTES -> "'data_types': ['crash.notes'], 'file_types': ['crash.page']";
            case ALL ->
                "'data_types': ['crash.notes', 'crash.letters'], 'info_types': ['crash.info'],"
                        + " 'file_types': ['crash.page']";
            case FILES -> "'files': ['" + String.join("', '", fileIds.values()) + "']";
        };
        return client.post("/polls", "{'session': '" + session + "', 'payload': {" + payload + "}}")
                .expect(201)
                .at("/id")
                .asString();
    }

    /// What waits for its time has it brought forward.
    private void awaitCompleted(String poll) {
        ServerProcess.patiently("poll " + poll + " is completed", () -> {
            if (client.get("/polls/" + poll).text("/state").equals("completed")) {
                return true;
            }
            firstDue().ifPresent(due -> {
                var ahead = Duration.between(clock.instant(), due);
                if (ahead.isPositive()) {
                    clock.advance(ahead);
                    store.clockAhead(ahead());
                }
            });
            return false;
        });
    }

    /// Waits until every poll that ended has its manifest. What waits for its time has it brought forward, the lease
    /// of a dead writer among it; not more than once in a while, so that a living one ends what it writes.
    void awaitManifests() {
        var moved = new AtomicLong(System.nanoTime());
        ServerProcess.patiently("manifests are written", () -> {
            var pending = db.system(
                    tx -> tx.createQuery("select date_next from manifest where state = 'pending' order by date_next")
                            .mapTo(Instant.class)
                            .list());
            if (System.nanoTime() - moved.get() > ONE_MANIFEST.toNanos()) {
                moved.set(System.nanoTime());
                pending.stream().filter(clock.instant()::isBefore).findFirst().ifPresent(due -> {
                    clock.advance(Duration.between(clock.instant(), due));
                    store.clockAhead(ahead());
                });
            }
            return pending.isEmpty();
        });
    }

    private Optional<Instant> firstDue() {
        return db.system(tx -> tx.createQuery("select min(due) from task where state = 'suspended'")
                .mapTo(Instant.class)
                .findOne());
    }

    private int executions() {
        return db.system(tx -> tx.createQuery("select count(*) from scheduled_tasks")
                .mapTo(int.class)
                .one());
    }

    /// A dead read leaves its feed and one file at most, a dead node one manifest of each poll.
    private synchronized int deadUploads(int polls) {
        return 2 * dead.stream().mapToInt(Node::busy).sum() + dead.size() * polls;
    }

    private synchronized void wakeTheStalled() {
        stalled.forEach(Node::wake);
        healthy.addAll(stalled);
        stalled.clear();
    }

    private void buryTheDead() {
        List<Node> all;
        synchronized (this) {
            all = List.copyOf(dead);
            dead.clear();
        }
        all.forEach(node -> Thread.ofVirtual().start(node::bury));
    }

    /// Enough healthy nodes, and not too many.
    private void upToStrength() {
        while (count() < NODES) {
            var node = new Node(logins, clock, MASTER, settings(TASKS), library, signIns, this::struck);
            synchronized (this) {
                healthy.add(node);
            }
        }
        while (count() > MOST_NODES) {
            Node oldest;
            synchronized (this) {
                oldest = healthy.removeFirst();
            }
            oldest.close();
        }
    }

    private synchronized int count() {
        return healthy.size();
    }

    private Wire.Fate struck(Node node, Point point, boolean commit) {
        synchronized (this) {
            if (!healthy.contains(node)) {
                return Wire.Fate.FORWARD;
            }
        }
        var strike = blows.at(point, commit);
        if (strike == null) {
            return Wire.Fate.FORWARD;
        }
        switch (strike.kind()) {
            case DEATH -> {
                leave(node, dead);
                return strike.atCommit() && strike.answered() ? Wire.Fate.DEAD_AFTER : Wire.Fate.DEAD_BEFORE;
            }
            case STALL -> {
                leave(node, stalled);
                node.stall();
            }
            case DATABASE_AWAY -> {
                List<Node> all;
                synchronized (this) {
                    all = List.copyOf(healthy);
                }
                all.forEach(Node::loseConnections);
            }
            case DISK_AWAY -> loseTheDisk();
        }
        return Wire.Fate.FORWARD;
    }

    /// Somebody starts another one in its place, while the rest goes on.
    private void leave(Node node, List<Node> where) {
        synchronized (this) {
            healthy.remove(node);
            where.add(node);
        }
        synchronized (this) {
            starters.add(Thread.ofVirtual().start(this::upToStrength));
        }
    }

    private synchronized List<Thread> theStarters() {
        var all = List.copyOf(starters);
        starters.clear();
        return all;
    }

    private void awaitStarters() {
        List<Thread> all = theStarters();
        eventually("those who start are up", () -> all.stream().noneMatch(Thread::isAlive));
    }

    private void loseTheDisk() {
        store.away(true);
        Thread.ofVirtual().start(() -> {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
            store.away(false);
        });
    }

    /// Stops everyone as an operator would.
    void stop() {
        awaitStarters();
        wakeTheStalled();
        List<Node> all;
        synchronized (this) {
            all = List.copyOf(healthy);
            healthy.clear();
        }
        all.forEach(Node::close);
        buryTheDead();
    }

    @Override
    public void close() {
        stop();
        server.close();
        front.close();
        db.close();
        store.close();
        try (Stream<Path> all = Files.walk(folder)) {
            for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
