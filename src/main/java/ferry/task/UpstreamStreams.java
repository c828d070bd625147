package ferry.task;

import ferry.connector.Limits;
import ferry.connector.Limits.HostClass;
import ferry.db.Database;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// How many requests one upstream account has under way at one kind of host, shared by all workers through one row
/// per node that has any or waits for one.
///
/// A node leases as many as it needs, hands them out in the order they are asked for, and gives back within a second
/// what it does not use. While another node waits for its share, this one takes no more than its own, and gives back
/// what it has beyond that as requests end. A lease is renewed each second; that of a node that was killed lapses.
/// A node that stalled for longer than a lease may have its requests under way beside those of the others.
///
/// Whoever has a stream asks for no other of the same kind, so that somebody always ends.
final class UpstreamStreams {
    static final Duration LEASE = Duration.ofSeconds(5);

    private static final Logger log = LoggerFactory.getLogger(UpstreamStreams.class);
    private static final Duration RENEWAL = Duration.ofSeconds(1);
    /// How long a node that was given too few waits before it asks again.
    private static final Duration BETWEEN_ASKS = Duration.ofMillis(500);

    private final Database db;
    private final String account;
    private final HostClass host;
    private final int limit;
    private final InstantSource clock;
    private final UUID holder = UUID.randomUUID();
    /// The places of who waits, the longest first.
    private final ArrayDeque<Long> waiting = new ArrayDeque<>();
    private long places;

    private int inUse;
    private int held;
    /// More than a share of others who wait: each one that ends goes back.
    private boolean beyondShare;
    /// Since when this node has had less than its share.
    private @Nullable Instant wantedSince;
    /// When the node was last given too few, by the nanosecond clock; empty while it was not.
    private @Nullable Long refused;

    /// Whether somebody settles with the other nodes. Meanwhile nothing is handed out, and whoever waits still ends at
    /// an interrupt, since the monitor is not held while the database is asked.
    private boolean settling;

    private boolean renewing;
    private boolean failing;

    /// @param limit how many, over all nodes
    UpstreamStreams(Database db, String account, HostClass host, int limit, InstantSource clock) {
        this.db = db;
        this.account = account;
        this.host = host;
        this.limit = limit;
        this.clock = clock;
    }

    /// Waits for one, as long as it takes. Closed by whoever took it.
    Limits.Stream take() throws InterruptedException {
        Long place = queue();
        try {
            while (!begin(place)) {
                settle();
            }
        } finally {
            leave(place);
        }
        var open = new AtomicBoolean(true);
        return () -> {
            if (open.compareAndSet(true, false)) {
                end();
            }
        };
    }

    private synchronized Long queue() {
        Long place = ++places;
        waiting.add(place);
        return place;
    }

    /// Waits for the turn of that place: true once it has a stream, false where it has to [#settle] for more first.
    private synchronized boolean begin(Long place) throws InterruptedException {
        while (settling || !place.equals(waiting.peek()) || inUse >= held) {
            if (place.equals(waiting.peek()) && mayAsk()) {
                settling = true;
                return false;
            }
            wait(BETWEEN_ASKS.toMillis());
        }
        inUse++;
        return true;
    }

    private synchronized void leave(Long place) {
        waiting.remove(place);
        notifyAll();
    }

    private boolean mayAsk() {
        return !settling && held < limit && (refused == null || System.nanoTime() - refused >= BETWEEN_ASKS.toNanos());
    }

    private void end() {
        if (hasEndedBeyondShare()) {
            trySettle();
        }
    }

    /// Whether to [#settle], which gives it back; who settles already does so too.
    private synchronized boolean hasEndedBeyondShare() {
        inUse--;
        notifyAll();
        boolean settles = beyondShare && !settling;
        settling |= settles;
        return settles;
    }

    /// What fails here is done within a second by the renewal.
    private boolean trySettle() {
        try {
            settle();
            return true;
        } catch (RuntimeException e) {
            failed(e);
            return false;
        }
    }

    private synchronized void failed(RuntimeException e) {
        if (!failing) {
            log.warn("streams to {} were not leased, which is tried again each second: {}", host, e.toString());
        }
        failing = true;
    }

    /// Leases what this node needs now, as far as there is any, and gives back the rest. For who has set `settling`,
    /// which ends with it.
    private void settle() {
        try {
            boolean more;
            do {
                var now = clock.instant().truncatedTo(ChronoUnit.MICROS);
                var need = need();
                more = adopt(need, db.system(tx -> settle(tx, now, need)));
            } while (more);
        } finally {
            settled();
        }
    }

    private synchronized void settled() {
        settling = false;
        notifyAll();
    }

    /// What this node has and needs, which the others are asked for.
    ///
    /// @param total with `inUse`, those that are waited for
    private record Need(
            int total, int inUse, int held, @Nullable Instant wantedSince) {}

    private synchronized Need need() {
        return new Need(inUse + waiting.size(), inUse, held, wantedSince);
    }

    /// @return whether some that have ended meanwhile are still to be given back
    private synchronized boolean adopt(Need need, Leased leased) {
        held = leased.held();
        beyondShare = leased.beyondShare();
        wantedSince = leased.wantedSince();
        failing = false;
        refused = held < need.total() ? (Long) System.nanoTime() : null;
        if (!renewing && held + waiting.size() > 0) {
            renewing = true;
            Thread.ofVirtual().name("ferry-streams").start(this::renew);
        }
        return beyondShare && inUse < need.inUse();
    }

    /// What this node has once the transaction is through, and not before.
    private record Leased(
            int held, boolean beyondShare, @Nullable Instant wantedSince) {}

    private Leased settle(Handle tx, Instant now, Need need) {
        lock(tx);
        var others = others(tx, now, need.wantedSince());
        int needed = need.total();
        int share = limit / (others.nodes() + 1);
        int keep = Math.min(need.held(), needed);
        int most = needed;
        if (others.wanted() > 0) {
            keep = Math.max(need.inUse(), Math.min(keep, share));
            most = Math.min(needed, Math.max(1, share));
        }
        int free = limit - others.taken() - keep - others.ahead();
        int mine = keep + Math.clamp(free, 0, Math.max(0, most - keep));
        int wanted = Math.max(0, Math.min(needed, Math.max(1, share)) - mine);
        var since = wanted == 0 ? null : need.wantedSince() == null ? now : need.wantedSince();
        var leased = new Leased(mine, others.wanted() > 0 && mine > share, since);
        write(tx, now, leased, wanted);
        return leased;
    }

    /// In a statement of its own, so that the next one sees what its last holder did.
    private void lock(Handle tx) {
        tx.createQuery("select pg_advisory_xact_lock(hashtextextended('streams ' || :host || :account, 0))::text")
                .bind("host", host.name())
                .bind("account", account)
                .mapTo(String.class)
                .one();
    }

    /// The other nodes whose leases hold.
    ///
    /// @param taken what they have
    /// @param wanted what those that have less than their share wait for
    /// @param ahead the same of those that have waited longer than this node
    private record Others(int nodes, int taken, int wanted, int ahead) {}

    private Others others(Handle tx, Instant now, @Nullable Instant wantedSince) {
        return tx.createQuery("""
                        select count(*) as nodes, coalesce(sum(streams), 0) as taken, coalesce(sum(wanted), 0) as wanted,
                               coalesce(sum(wanted) filter (where date_wanted < :since), 0) as ahead
                          from upstream_stream
                         where account = :account and host = :host and holder <> :holder and date_until > :now
                        """)
                .bind("account", account)
                .bind("host", host.name())
                .bind("holder", holder)
                .bind("now", now)
                .bind("since", wantedSince == null ? now : wantedSince)
                .map((row, _, _) ->
                        new Others(row.getInt("nodes"), row.getInt("taken"), row.getInt("wanted"), row.getInt("ahead")))
                .one();
    }

    private void write(Handle tx, Instant now, Leased leased, int wanted) {
        if (leased.held() == 0 && wanted == 0) {
            tx.createUpdate("""
                            delete from upstream_stream
                             where account = :account and host = :host and holder = :holder
                            """)
                    .bind("account", account)
                    .bind("host", host.name())
                    .bind("holder", holder)
                    .execute();
            return;
        }
        tx.createUpdate("""
                        insert into upstream_stream (account, host, holder, streams, wanted, date_wanted, date_until)
                        values (:account, :host, :holder, :streams, :wanted, cast(:since as timestamptz), :until)
                        on conflict (account, host, holder) do update
                           set streams = excluded.streams, wanted = excluded.wanted,
                               date_wanted = excluded.date_wanted, date_until = excluded.date_until
                        """)
                .bind("account", account)
                .bind("host", host.name())
                .bind("holder", holder)
                .bind("streams", leased.held())
                .bind("wanted", wanted)
                .bindByType("since", leased.wantedSince(), Instant.class)
                .bind("until", now.plus(LEASE))
                .execute();
    }

    /// Runs while this node has any or waits for one.
    private void renew() {
        try {
            do {
                Thread.sleep(RENEWAL);
            } while (goesOn());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt(); // nobody does
        }
    }

    /// Renews the lease; where nothing is under way and the database is away, it is left to lapse.
    private boolean goesOn() {
        return !beginsToSettle() || goesOn(trySettle());
    }

    private synchronized boolean beginsToSettle() {
        boolean begins = !settling;
        settling = true;
        return begins;
    }

    private synchronized boolean goesOn(boolean settled) {
        boolean idle = inUse == 0 && waiting.isEmpty();
        if (idle && !settled) {
            held = 0;
        }
        renewing = !idle || held > 0;
        return renewing;
    }
}
