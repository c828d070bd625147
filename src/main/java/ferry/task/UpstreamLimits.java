package ferry.task;

import ferry.connector.ConnectorException;
import ferry.connector.Limits;
import ferry.db.Database;
import ferry.error.ErrorCode;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// How fast one upstream account may be asked, shared by all workers through one row per kind of host (R19).
///
/// Turns are leased from the row in batches of up to a second, not one by one: the row says up to when every
/// turn is given out, and a lease moves that on. The rate falls to half when the source asks to slow down and
/// rises again by an eighth of the ceiling per second that it does not. Whoever's lease is more than a second
/// old when its turn comes looks at the row again, so a pause reaches every node within one.
///
/// How many requests are under way at once is shared too ([UpstreamStreams]).
///
/// Make one per account and node and share it between that account's tasks. Needs a clock that goes on: waits are real.
public final class UpstreamLimits implements Limits {
    private static final Duration LEASE = Duration.ofSeconds(1);
    /// Where the rate begins once the source has complained, if no ceiling was set; requests per second.
    private static final double WITHOUT_CEILING = 8;

    private static final double LOWEST_RATE = 0.1;
    private static final double RISE = 1 / 8.0;

    private final Database db;
    private final String account;
    private final UpstreamSettings settings;
    private final InstantSource clock;
    private final Map<HostClass, Lease> leases = new EnumMap<>(HostClass.class);
    /// Turns asked for at once: twice as many after a lease that was used up, one after a lease that was not, so that
    /// a node with little to do takes no turns from the others.
    private final Map<HostClass, Integer> batches = new EnumMap<>(HostClass.class);
    private final Map<HostClass, UpstreamStreams> streams = new EnumMap<>(HostClass.class);

    /// @param account an opaque name of the account, such as a hash; the same on every node and for every organisation
    public UpstreamLimits(Database db, String account, UpstreamSettings settings, InstantSource clock) {
        this.db = db;
        this.account = account;
        this.settings = settings;
        this.clock = clock;
        for (var host : HostClass.values()) {
            streams.put(host, new UpstreamStreams(db, account, host, parallel(host), clock));
        }
    }

    /// Turns this node may hand out: the next at `next`, one each `step`, `left` of them, none after `until`.
    ///
    /// @param since when it was leased
    private record Lease(Instant next, Duration step, long left, Instant until, Instant since) {
        boolean serves(Instant now) {
            return left > 0 && now.isBefore(until);
        }

        Lease afterOne(Instant now) {
            var from = next.isBefore(now) && step.isZero() ? now : next;
            return new Lease(from.plus(step), step, left - 1, until, since);
        }
    }

    /// A turn that was taken.
    ///
    /// @param until how long until it comes
    /// @param leased when the lease that it is of was
    private record Turn(Duration until, Instant leased) {}

    @Override
    public void turn(HostClass host) throws ConnectorException.Unavailable, InterruptedException {
        while (true) {
            var turn = reserve(host);
            if (turn.until().compareTo(settings.longestWait()) > 0) {
                throw new ConnectorException.Unavailable(
                        turn.until(),
                        ErrorCode.THROTTLED,
                        "The account is being asked as fast as it may be; this waits for its turn.");
            }
            if (turn.until().isPositive()) {
                TimeUnit.NANOSECONDS.sleep(turn.until().toNanos());
            }
            if (!turn.leased().plus(LEASE).isBefore(now()) || !isPaused(host)) {
                return;
            }
        }
    }

    /// Whether the source has complained, to whichever node, and is left alone.
    private boolean isPaused(HostClass host) {
        var now = now();
        return db.system(tx -> lock(tx, host, now).pausedUntil().isAfter(now));
    }

    /// Takes a turn, unless its time is too far away.
    private synchronized Turn reserve(HostClass host) {
        var now = now();
        var lease = leases.get(host);
        if (lease == null || !lease.serves(now)) {
            var usedUp = lease != null && lease.left() == 0;
            batches.merge(host, 1, (old, one) -> usedUp ? Math.min(2 * old, 1024) : one);
            lease = db.system(tx -> lease(tx, host, now));
        }
        var wait = Duration.between(now, lease.next());
        if (wait.compareTo(settings.longestWait()) > 0) {
            leases.remove(host);
            return new Turn(wait, now);
        }
        leases.put(host, lease.afterOne(now));
        return new Turn(wait.isNegative() ? Duration.ZERO : wait, lease.since());
    }

    private record Row(@Nullable Double rate, Instant takenUntil, Instant pausedUntil, Instant leased) {}

    private Lease lease(Handle tx, HostClass host, Instant now) {
        var row = lock(tx, host, now);
        var rate = risen(row, now);
        var start = latest(now, latest(row.takenUntil(), row.pausedUntil()));
        if (Duration.between(now, start).compareTo(settings.longestWait()) > 0) {
            return new Lease(start, Duration.ZERO, 0, now, now);
        }
        var step = rate == null ? Duration.ZERO : Duration.ofNanos((long) (1e9 / rate));
        var turns =
                rate == null ? Long.MAX_VALUE : Math.clamp((long) Math.floor(rate), 1, batches.getOrDefault(host, 1));
        var taken = rate == null ? start : start.plus(step.multipliedBy(turns));
        tx.createUpdate("""
                        update upstream set rate = :rate, taken_until = :taken, date_leased = :now
                         where account = :account and host = :host
                        """)
                .bindByType("rate", rate, Double.class)
                .bind("taken", taken)
                .bind("now", now)
                .bind("account", account)
                .bind("host", host.name())
                .execute();
        return new Lease(start, step, turns, start.plus(LEASE), now);
    }

    private Row lock(Handle tx, HostClass host, Instant now) {
        tx.createUpdate("""
                        insert into upstream (account, host, rate, taken_until, paused_until, date_leased)
                        values (:account, :host, cast(:rate as double precision), :now, :now, :now)
                        on conflict do nothing
                        """)
                .bind("account", account)
                .bind("host", host.name())
                .bindByType("rate", settings.rate() == 0 ? null : settings.rate(), Double.class)
                .bind("now", now)
                .execute();
        return tx.createQuery("""
                        select rate, taken_until, paused_until, date_leased from upstream
                         where account = :account and host = :host for update
                        """)
                .bind("account", account)
                .bind("host", host.name())
                .map((row, _, _) -> new Row(
                        row.getObject("rate", Double.class),
                        row.getObject("taken_until", OffsetDateTime.class).toInstant(),
                        row.getObject("paused_until", OffsetDateTime.class).toInstant(),
                        row.getObject("date_leased", OffsetDateTime.class).toInstant()))
                .one();
    }

    private @Nullable Double risen(Row row, Instant now) {
        if (row.rate() == null) {
            return settings.rate() == 0 ? null : settings.rate();
        }
        var seconds = Math.clamp(Duration.between(row.leased(), now).toMillis() / 1000.0, 0, 60);
        var ceiling = settings.rate() == 0 ? Double.MAX_VALUE : settings.rate();
        var step = (settings.rate() == 0 ? WITHOUT_CEILING : settings.rate()) * RISE;
        return Math.min(ceiling, row.rate() + step * seconds);
    }

    @Override
    public synchronized void throttled(HostClass host, Duration wait) {
        leases.remove(host);
        var now = now();
        db.system(tx -> {
            var row = lock(tx, host, now);
            var rate = row.rate() == null ? WITHOUT_CEILING : row.rate();
            // Requests in flight are refused together: within one pause the rate falls once.
            var lower = row.pausedUntil().isAfter(now) ? rate : Math.max(LOWEST_RATE, rate / 2);
            return tx.createUpdate("""
                            update upstream
                               set rate = :rate, paused_until = greatest(paused_until, :until), date_throttled = :now,
                                   date_leased = :now
                             where account = :account and host = :host
                            """)
                    .bind("rate", lower)
                    .bind("until", now.plus(wait))
                    .bind("now", now)
                    .bind("account", account)
                    .bind("host", host.name())
                    .execute();
        });
    }

    @Override
    public int parallel(HostClass host) {
        return switch (host) {
            case AUTH, SETUP -> 1;
            case CLOUDKIT, LISTING -> settings.parallelListing();
            case CONTENT -> settings.parallelContent();
        };
    }

    @Override
    public Stream stream(HostClass host) throws InterruptedException {
        return Objects.requireNonNull(streams.get(host)).take();
    }

    /// As fine as the database keeps it: a rounded-up time would lie after itself.
    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    private static Instant latest(Instant a, Instant b) {
        return a.isAfter(b) ? a : b;
    }
}
