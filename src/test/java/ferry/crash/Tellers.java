package ferry.crash;

import static ferry.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import ferry.App;
import ferry.AppSettings;
import ferry.access.OrgId;
import ferry.access.Scopes;
import ferry.crypto.MasterKey;
import ferry.db.Database;
import ferry.db.Ids;
import ferry.egress.EgressPolicy;
import ferry.erasure.Retention;
import ferry.event.Events;
import ferry.http.WebServer;
import ferry.session.SignInBudget;
import ferry.storage.Retries;
import ferry.storage.StorageSettings;
import ferry.subscription.SubscriptionSettings;
import ferry.task.UpstreamSettings;
import ferry.testing.Client;
import ferry.testing.Databases;
import ferry.testing.Eventually;
import ferry.testing.TestApp;
import ferry.testing.TestClock;
import ferry.webhook.WebhookSettings;
import java.net.BindException;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/// Several nodes that send webhooks on one database, three organisations with a receiver each, and an API that no
/// strike reaches. One seed at a time; closed by the test.
final class Tellers implements AutoCloseable {
    private static final MasterKey MASTER = MasterKey.generate(new SecureRandom());
    private static final int NODES = 3;
    private static final int ORGANISATIONS = 3;
    private static final int SUBJECTS = 4;
    private static final int EVENTS = 40;

    /// Short leases: what a dead node was sending moves again within two seconds.
    private static final WebhookSettings SETTINGS = new WebhookSettings(
            EgressPolicy.of(List.of()).withLoopback(),
            8,
            40,
            Duration.ofMillis(250),
            Duration.ofMillis(900),
            Duration.ofDays(5));

    private final Databases.Logins logins = Databases.freshLogins();
    private final Database db = logins.open(5);
    private final TestClock clock = new TestClock();
    private final Blows blows = new Blows();
    private final FlakyReceivers receivers;
    private final App front;
    private final WebServer server;
    private final List<Sender> organisations = new ArrayList<>();

    // Guarded by this.
    private final List<Teller> healthy = new ArrayList<>();
    private final List<Teller> stalled = new ArrayList<>();
    private final List<Teller> dead = new ArrayList<>();
    private final List<Thread> starters = new ArrayList<>();

    private final List<Thread> burials = new ArrayList<>();

    /// An organisation whose events are sent.
    private record Sender(OrgId id, long key, Client client) {}

    Tellers(int number) throws BindException {
        this.receivers = new FlakyReceivers(number, 600);
        this.front = new App(
                db,
                clock,
                MASTER,
                List.of(),
                new AppSettings(
                        URI.create("http://127.0.0.1"),
                        Optional.empty(),
                        TestApp.TASKS,
                        new UpstreamSettings(0, 4, 8, Duration.ofSeconds(5)),
                        new SignInBudget.Settings(1, 1),
                        Duration.ofDays(10_000),
                        Retention.Settings.KEEP,
                        new WebhookSettings(
                                SETTINGS.egress(),
                                8,
                                0,
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(20),
                                SETTINGS.giveUp()),
                        new StorageSettings(SETTINGS.egress(), Retries.DEFAULT),
                        SubscriptionSettings.DEFAULT,
                        AppSettings.Pace.STANDARD,
                        Optional.empty(),
                        false));
        this.server = WebServer.start("127.0.0.1", 0, front.api());
        front.start();
        receivers.sound(true);
        for (int i = 0; i < ORGANISATIONS; i++) {
            organisations.add(organisation("told-" + i));
        }
    }

    private Sender organisation(String slug) {
        var made = db.system(tx -> {
            var organisation = front.organisations().create(tx, slug, slug, Scopes.ALL, false);
            var key = front.keys().create(tx, organisation.id());
            return new Sender(
                    organisation.id(),
                    key.key().id(),
                    new Client(server.url(), key.token().reveal()));
        });
        var retries = "1" + ",1".repeat(19);
        var config = made.client()
                .post("/configs/webhook", "{'url': '" + receivers.url(slug) + "', 'retries': [" + retries + "]}")
                .expect(201);
        made.client()
                .settled(
                        "/configs/webhook/" + config.at("/id").asString(),
                        c -> c.at("/state").asString().equals("valid"));
        return made;
    }

    /// What a seed left.
    ///
    /// @param struck the strikes that hit somebody
    /// @param killedWhileSending how many nodes died in the middle of a request of theirs
    /// @param attempts in all
    record Aftermath(List<Strike> struck, int killedWhileSending, int events, long attempts) {}

    /// Lets it all happen, until everything is delivered and every stalled node is awake again, and checks it.
    Aftermath suffer(long seed) {
        var dice = new Random(seed * 0x9E37_79B9_7F4A_7C15L);
        receivers.sound(false);
        upToStrength();
        blows.arm(strikes(dice));
        var killed = new AtomicInteger();
        var mayKill = new AtomicInteger(dice.nextInt(3));
        int every = 20 + dice.nextInt(60);
        receivers.atEach(() -> {
            if (receivers.requests() % every == 0 && mayKill.getAndDecrement() > 0) {
                killed.addAndGet(killOne());
            }
        });
        var told = emit(dice);
        drain(told.keySet().stream().toList());
        receivers.atEach(() -> {});
        var struck = blows.struck();
        blows.arm(List.of());
        awaitStarters();
        wakeAndStopTheStalled();
        long attempts = check(told);
        buryTheDead();
        return new Aftermath(struck, killed.get(), told.size(), attempts);
    }

    private static List<Strike> strikes(Random dice) {
        var points = List.of(Point.ARRANGE, Point.TAKE, Point.TAKE, Point.NOTE, Point.NOTE, Point.EXPIRE);
        var strikes = new ArrayList<Strike>();
        for (int i = 1 + dice.nextInt(3); i > 0; i--) {
            var kind = dice.nextInt(3) == 0 ? Strike.Kind.STALL : Strike.Kind.DEATH;
            // The first one is passed by every seed.
            var point = strikes.isEmpty() ? points.get(dice.nextInt(5)) : points.get(dice.nextInt(points.size()));
            // Arranging and taking are one transaction, whose commit is the taking's.
            boolean atCommit = dice.nextBoolean() && point != Point.ARRANGE;
            strikes.add(new Strike(kind, point, dice.nextInt(4), atCommit, dice.nextBoolean()));
        }
        return strikes;
    }

    /// What is told of one event.
    private record Told(OrgId organisation, String subject, int number) {}

    /// Each organisation's events, at its own pace; those of one subject one after the other.
    private Map<UUID, Told> emit(Random dice) {
        var all = new HashMap<UUID, Told>();
        var emitters = organisations.stream()
                .map(sender -> {
                    long pause = TimeUnit.MILLISECONDS.toNanos(1 + dice.nextInt(12));
                    var prefix = UUID.randomUUID().toString();
                    return CompletableFuture.supplyAsync(() -> emit(sender, prefix, pause), Thread::startVirtualThread);
                })
                .toList();
        emitters.forEach(each -> all.putAll(each.join()));
        return all;
    }

    private Map<UUID, Told> emit(Sender sender, String prefix, long pause) {
        var told = new HashMap<UUID, Told>();
        var events = new Events(clock);
        for (int i = 0; i < EVENTS; i++) {
            var id = Ids.next(clock);
            var one = new Told(sender.id(), prefix + "/" + i % SUBJECTS, i);
            db.tenant(sender.id(), tx -> {
                events.emit(
                        tx, id, sender.id(), sender.key(), "poll", "created", one.subject(), Map.of("n", one.number()));
                return id;
            });
            told.put(id, one);
            LockSupport.parkNanos(pause);
        }
        return told;
    }

    /// Waits until all are delivered. Where nothing is under way, what waits is let come due.
    private void drain(List<UUID> events) {
        var _ = Eventually.get(
                () -> {
                    var left = left(events);
                    if (left.waiting() > 0 && left.sending() == 0) {
                        clock.advance(Duration.ofMillis(500));
                    }
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
                    return left;
                },
                left -> left.undelivered() == 0);
    }

    private record Left(long undelivered, long waiting, long sending) {}

    private Left left(List<UUID> events) {
        return db.system(tx -> tx.createQuery("""
                        select count(*) filter (where state <> 'delivered') as undelivered,
                               count(*) filter (where line = 'waiting') as waiting,
                               count(*) filter (where line = 'sending') as sending
                          from delivery where event = any(:events)
                        """)
                .bindArray("events", UUID.class, events)
                .map((row, _) -> new Left(row.getLong("undelivered"), row.getLong("waiting"), row.getLong("sending")))
                .one());
    }

    private record Row(UUID event, int last, long sequence, int attempts, int open, int delivered, int highest) {}

    /// Every event was taken, no attempt is unaccounted for, and the list has each subject's events in their order.
    private long check(Map<UUID, Told> told) {
        var rows = db.system(tx -> tx.createQuery("""
                        select d.event, d.attempt, d.sequence, count(a.*) as attempts, max(a.number) as highest,
                               count(a.*) filter (where a.date_completed is null) as open,
                               count(a.*) filter (where a.error is null and a.status = 200) as delivered
                          from delivery d join webhook_attempt a on a.event = d.event
                         where d.event = any(:events) and d.state = 'delivered' and d.line is null
                         group by d.event order by d.sequence
                        """)
                .bindArray("events", UUID.class, told.keySet().stream().toList())
                .map((row, _) -> new Row(
                        row.getObject("event", UUID.class),
                        row.getInt("attempt"),
                        row.getLong("sequence"),
                        row.getInt("attempts"),
                        row.getInt("open"),
                        row.getInt("delivered"),
                        row.getInt("highest")))
                .list());
        assertThat(rows).hasSameSizeAs(told.keySet());
        var seen = new HashMap<String, Integer>();
        for (var row : rows) {
            var one = Objects.requireNonNull(told.get(row.event()));
            assertThat(receivers.taken(row.event())).as("taken: %s", row).isPositive();
            assertThat(row.open()).as("attempts without an outcome: %s", row).isZero();
            assertThat(row.delivered())
                    .as("attempts that delivered it: %s", row)
                    .isEqualTo(1);
            assertThat(row.attempts())
                    .as("attempts: %s", row)
                    .isEqualTo(row.last())
                    .isEqualTo(row.highest());
            assertThat(receivers.arrived(row.event()))
                    .as("arrivals without an attempt: %s", row)
                    .isLessThanOrEqualTo(row.attempts());
            var before = seen.put(one.subject(), one.number());
            assertThat(before == null ? -1 : before).as("%s in the list", one).isLessThan(one.number());
        }
        assertThat(rows.stream().map(Row::sequence)).doesNotHaveDuplicates();
        return rows.stream().mapToLong(Row::attempts).sum();
    }

    private Wire.Fate struck(Teller node, Point point, boolean commit) {
        synchronized (this) {
            if (!healthy.contains(node)) {
                return Wire.Fate.FORWARD;
            }
        }
        var strike = blows.at(point, commit);
        if (strike == null) {
            return Wire.Fate.FORWARD;
        }
        if (strike.kind() == Strike.Kind.STALL) {
            leave(node, stalled);
            node.stall();
            return Wire.Fate.FORWARD;
        }
        leave(node, dead);
        return strike.atCommit() && strike.answered() ? Wire.Fate.DEAD_AFTER : Wire.Fate.DEAD_BEFORE;
    }

    /// Any of the healthy; how many.
    private int killOne() {
        Teller node;
        synchronized (this) {
            if (healthy.isEmpty()) {
                return 0;
            }
            node = healthy.getFirst();
        }
        leave(node, dead);
        node.die();
        return 1;
    }

    /// Somebody starts another one in its place, while the rest goes on.
    private synchronized void leave(Teller node, List<Teller> where) {
        if (healthy.remove(node)) {
            where.add(node);
            starters.add(Thread.ofVirtual().start(this::upToStrength));
        }
    }

    private void upToStrength() {
        while (count() < NODES) {
            var node = new Teller(logins, clock, MASTER, SETTINGS, this::struck);
            synchronized (this) {
                healthy.add(node);
            }
        }
    }

    private synchronized int count() {
        return healthy.size();
    }

    private void awaitStarters() {
        List<Thread> all;
        synchronized (this) {
            all = List.copyOf(starters);
            starters.clear();
        }
        eventually("those who start are up", () -> all.stream().noneMatch(Thread::isAlive));
    }

    /// What they write late must change nothing, so they are awake before anything is checked.
    private void wakeAndStopTheStalled() {
        List<Teller> all;
        synchronized (this) {
            all = List.copyOf(stalled);
            stalled.clear();
        }
        all.forEach(Teller::wake);
        all.parallelStream().forEach(Teller::close);
    }

    private void buryTheDead() {
        List<Teller> all;
        synchronized (this) {
            all = List.copyOf(dead);
            dead.clear();
        }
        all.forEach(node -> burials.add(Thread.ofVirtual().start(node::bury)));
    }

    @Override
    public void close() {
        awaitStarters();
        wakeAndStopTheStalled();
        List<Teller> all;
        synchronized (this) {
            all = List.copyOf(healthy);
            healthy.clear();
        }
        all.parallelStream().forEach(Teller::close);
        buryTheDead();
        // A pool whose database is gone takes up to half a minute to close.
        var _ = Eventually.get(() -> burials.stream().filter(Thread::isAlive).count(), alive -> alive == 0);
        server.close();
        front.close();
        receivers.close();
        db.close();
    }
}
