package ferry.erasure;

import ferry.db.Database;
import ferry.db.Ids;
import ferry.storage.disk.DiskObjects;
import java.io.IOException;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Forgets what is old, as the operator has set it and, of events, as their organisation has, in small batches. The
/// audit log is never touched. Every node may run it at once.
public final class Retention {
    private static final Logger log = LoggerFactory.getLogger(Retention.class);
    private static final int AT_ONCE = 500;
    /// Of the rows that a poll may have a hundred thousand of.
    private static final int ROWS_AT_ONCE = 2000;
    /// So that what is old of one kind never holds up the other kinds for long; the rest goes at the next run.
    private static final int BATCHES = 200;

    private static final Duration RATES_KEPT = Duration.ofDays(30);

    private static final String FOREIGN_KEY_VIOLATION = "23503";

    private final Database db;
    private final InstantSource clock;
    private final Settings settings;
    private final Optional<DiskObjects> local;

    /// @param local the local buckets of this node; empty where it has none
    public Retention(Database db, InstantSource clock, Settings settings, Optional<DiskObjects> local) {
        this.db = db;
        this.clock = clock;
        this.settings = settings;
        this.local = local;
    }

    /// How long what is kept. Empty is for ever.
    ///
    /// @param tasks completed polls with their tasks, errors and the rows of their results, the settled tasks of
    /// sign-ins and tests, counted from when they were completed, and the cursors that were given then
    /// @param events counted from when they happened; an organisation may have its own forgotten earlier
    /// @param results objects in local buckets; a bucket that belongs to the organisation is never cleaned
    /// @param keys keys that have expired, once nothing names them any more
    public record Settings(
            Optional<Duration> tasks, Optional<Duration> events, Optional<Duration> results, Optional<Duration> keys) {
        /// Everything for ever.
        public static final Settings KEEP =
                new Settings(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
    }

    /// Forgets all that is old now, or much of it.
    public void runDue() {
        db.systemDo(this::rates);
        db.systemDo(this::tokens);
        // Before the polls: a row of a result is what knows where its object lies.
        settings.results().ifPresent(this::results);
        settings.results().ifPresent(this::manifests);
        settings.tasks().ifPresent(age -> {
            polls(age);
            repeat(tx -> tasks(tx, age));
            repeat(tx -> cursors(tx, age));
        });
        settings.events().ifPresent(age -> repeat(tx -> events(tx, Optional.empty(), age)));
        for (var own : db.system(Retention::ownRetentions)) {
            repeat(tx -> events(tx, Optional.of(own.organisation()), own.events()));
        }
        settings.keys().ifPresent(this::keys);
    }

    /// Deletes one batch and says how many it were.
    private interface Batch {
        int delete(Handle tx);
    }

    private void repeat(Batch batch) {
        for (int i = 0; i < BATCHES; i++) {
            if (db.system(batch::delete) < AT_ONCE) {
                return;
            }
        }
    }

    /// Each poll goes with all that belongs to it, the row of the poll last: what a run left behind, the next
    /// finds by it. Tasks go before results: a task without its result would seem to have published late.
    private void polls(Duration age) {
        for (int i = 0; i < BATCHES; i++) {
            var old = db.system(tx -> old(tx, age));
            if (old.isEmpty()) {
                return;
            }
            db.systemDo(tx -> deleteLeftovers(tx, old));
            drain(tx -> ofPolls(tx, "task", "task", old));
            drain(tx -> ofPolls(tx, "result", "result", old));
            drain(tx -> ofPolls(tx, "poll_error", "", old));
            db.systemDo(tx -> deleteManifests(tx, old));
            if (db.<Integer>system(tx -> deleted(tx, old)) == 0 || old.size() < AT_ONCE) {
                return;
            }
        }
    }

    private void drain(Batch batch) {
        while (db.system(batch::delete) == ROWS_AT_ONCE) {
            // until no more is left than one batch
        }
    }

    /// One whose objects are yet to be cleaned waits for that, and one whose manifest is yet to be written waits for
    /// that: a manifest of what is half deleted would be signed and wrong.
    private List<UUID> old(Handle tx, Duration age) {
        return tx.createQuery("""
                        select p.id from poll p
                         where p.id < :first and p.date_completed < :before
                           and not (:cleaned and exists (select from result r
                                                          where r.poll = p.id and r.date_deleted is null
                                                            and r.url like 'local:%'))
                           and not (:cleaned and exists (select from manifest m
                                                          where m.poll = p.id and m.state = 'available'
                                                            and m.url like 'local:%'))
                           and not exists (select from manifest m
                                            where m.poll = p.id and m.state = 'pending')
                         order by p.id limit :limit
                        """)
                .bind("first", Ids.first(clock.instant().minus(age)))
                .bind("before", clock.instant().minus(age))
                .bind("cleaned", settings.results().isPresent() && local.isPresent())
                .bind("limit", AT_ONCE)
                .mapTo(UUID.class)
                .list();
    }

    /// Some rows of a table that names polls. What their events said goes in the same statement: later nothing is
    /// left by which an erasure could find whose they were.
    ///
    /// @param type of the events about such rows
    private static int ofPolls(Handle tx, String table, String type, List<UUID> polls) {
        return tx.createUpdate("with old as (select t.id, t.organisation from poll p join <table> t"
                        + " on t.organisation = p.organisation and t.poll = p.id"
                        + " where p.id = any(:polls) limit :limit for update of t skip locked), " + EMPTIED
                        + " delete from <table> where id in (select id from old)")
                .define("table", table)
                .bind("type", type)
                .bindArray("polls", UUID.class, polls)
                .bind("limit", ROWS_AT_ONCE)
                .execute();
    }

    /// Before the results: without them all objects would seem to have none.
    private static void deleteLeftovers(Handle tx, List<UUID> polls) {
        tx.createUpdate("delete from leftover where poll = any(:polls)")
                .bindArray("polls", UUID.class, polls)
                .execute();
    }

    /// One that is yet to be written stays, and its poll with it.
    private static void deleteManifests(Handle tx, List<UUID> polls) {
        tx.createUpdate("delete from manifest where poll = any(:polls) and state <> 'pending'")
                .bindArray("polls", UUID.class, polls)
                .execute();
    }

    /// The polls of which nothing else is left; another node may still be at the others.
    private static int deleted(Handle tx, List<UUID> polls) {
        return tx.createUpdate("with old as (select p.id, p.organisation from poll p"
                        + " where p.id = any(:polls) and not exists (select from result where poll = p.id)"
                        + " and not exists (select from poll_error where poll = p.id)"
                        + " and not exists (select from manifest where poll = p.id)"
                        + " and not exists (select from task t"
                        + "                  where t.organisation = p.organisation and t.poll = p.id)"
                        + " for update of p skip locked), " + EMPTIED
                        + " delete from poll where id in (select id from old)")
                .bind("type", "poll")
                .bindArray("polls", UUID.class, polls)
                .execute();
    }

    /// Takes from the events about the rows `old` all but that they happened.
    private static final String EMPTIED = "emptied as (update event set body = " + Traces.BARE + " from old"
            + " where event.organisation = old.organisation and event.type = :type"
            + " and event.subject = cast(old.id as text))";

    /// Sign-ins, sign-outs and the tests of configs.
    private int tasks(Handle tx, Duration age) {
        return tx.createUpdate("with old as (select id, organisation from task"
                        + " where id < :first and poll is null and date_completed < :before"
                        + " order by id limit :limit for update skip locked), " + EMPTIED
                        + " delete from task where id in (select id from old)")
                .bind("type", "task")
                .bind("first", Ids.first(clock.instant().minus(age)))
                .bind("before", clock.instant().minus(age))
                .bind("limit", AT_ONCE)
                .execute();
    }

    /// Those that no subscription goes on from: who comes back later than that reads everything.
    private int cursors(Handle tx, Duration age) {
        return tx.createUpdate("""
                        delete from cursor
                         where id in (select id from cursor
                                       where id < :first
                                         and not exists (select from delivered where delivered.cursor = cursor.id)
                                       order by id limit :limit)
                        """)
                .bind("first", Ids.first(clock.instant().minus(age)))
                .bind("limit", AT_ONCE)
                .execute();
    }

    /// How long an organisation itself wants its events kept; the operator's own limit holds besides.
    private record OwnRetention(long organisation, Duration events) {}

    private static List<OwnRetention> ownRetentions(Handle tx) {
        return tx.createQuery("""
                        select organisation, event_retention from organisation
                         where event_retention is not null order by organisation
                        """)
                .map((row, _) -> new OwnRetention(
                        row.getLong("organisation"), Duration.ofSeconds(row.getLong("event_retention"))))
                .list();
    }

    /// Only those that are in no line: what waits to be sent, or is being sent, goes once that is over.
    ///
    /// @param organisation whose; empty for everybody's
    private int events(Handle tx, Optional<Long> organisation, Duration age) {
        return tx.createUpdate("""
                        delete from event
                         where id in (select e.id from event e join delivery d on d.event = e.id
                                       where e.id < :first and d.line is null <whose>
                                       order by e.id limit :limit for update of e, d skip locked)
                        """)
                .define(
                        "whose",
                        organisation.isPresent()
                                ? "and e.organisation = :organisation"
                                : "and cast(:organisation as bigint) is null")
                .bind("organisation", organisation)
                .bind("first", Ids.first(clock.instant().minus(age)))
                .bind("limit", AT_ONCE)
                .execute();
    }

    /// How fast accounts could be asked that nobody asks any more.
    private void rates(Handle tx) {
        var now = clock.instant();
        tx.createUpdate("delete from upstream where date_leased < :before and paused_until < :now")
                .bind("before", now.minus(RATES_KEPT))
                .bind("now", now)
                .execute();
        tx.createUpdate("delete from upstream_stream where date_until < :before")
                .bind("before", now.minus(Duration.ofMinutes(1)))
                .execute();
    }

    /// Tokens that open nothing any more.
    private void tokens(Handle tx) {
        tx.createUpdate("delete from key_token where date_expires < :now")
                .bind("now", clock.instant())
                .execute();
    }

    /// An object that is old, by the id of its result, or of its poll for a manifest.
    private record Old(UUID id, URI url) {}

    /// The object first, then the row: dying between the two, the next run deletes what is gone.
    private void results(Duration age) {
        if (local.isEmpty()) {
            return;
        }
        var first = Ids.first(clock.instant().minus(age));
        for (int i = 0; i < BATCHES; i++) {
            var some = db.system(tx -> old(tx, first));
            var gone = some.stream()
                    .filter(result -> delete(local.get(), result))
                    .map(Old::id)
                    .toList();
            if (!gone.isEmpty()) {
                db.systemDo(tx -> expire(tx, gone));
            }
            if (gone.size() < AT_ONCE) {
                return;
            }
        }
    }

    /// A manifest goes when the last object has gone that it names; its signature first, and both before the row says
    /// so.
    private void manifests(Duration age) {
        if (local.isEmpty()) {
            return;
        }
        var first = Ids.first(clock.instant().minus(age));
        for (int i = 0; i < BATCHES; i++) {
            var gone = db.system(tx -> oldManifests(tx, first)).stream()
                    .filter(one -> delete(local.get(), one.signature()) && delete(local.get(), one.manifest()))
                    .map(one -> one.manifest().id())
                    .toList();
            if (!gone.isEmpty()) {
                db.systemDo(tx -> tx.createUpdate("update manifest set state = 'expired' where poll = any(:polls)")
                        .bindArray("polls", UUID.class, gone)
                        .execute());
            }
            if (gone.size() < AT_ONCE) {
                return;
            }
        }
    }

    /// A manifest and its signature, each under the poll's id.
    private record OldManifest(Old manifest, Old signature) {}

    private static List<OldManifest> oldManifests(Handle tx, UUID first) {
        return tx.createQuery("""
                        select m.poll, m.url, m.signature_url from manifest m
                         where m.poll < :first and m.state = 'available' and m.url like 'local:%'
                           and not exists (select from result r where r.poll = m.poll and r.date_deleted is null
                                              and r.url like 'local:%')
                         order by m.poll limit :limit
                        """)
                .bind("first", first)
                .bind("limit", AT_ONCE)
                .map((row, _) -> {
                    var poll = row.getObject("poll", UUID.class);
                    return new OldManifest(
                            new Old(poll, URI.create(row.getString("url"))),
                            new Old(poll, URI.create(row.getString("signature_url"))));
                })
                .list();
    }

    private static List<Old> old(Handle tx, UUID first) {
        return tx.createQuery("""
                        select id, url from result
                         where id < :first and date_deleted is null and url like 'local:%'
                         order by id limit :limit
                        """)
                .bind("first", first)
                .bind("limit", AT_ONCE)
                .map((row, _) -> new Old(row.getObject("id", UUID.class), URI.create(row.getString("url"))))
                .list();
    }

    private static boolean delete(DiskObjects disk, Old result) {
        try {
            disk.delete(result.url());
            return true;
        } catch (IOException e) {
            log.warn("the object of {} could not be deleted; it is tried again", result.id(), e);
            return false;
        }
    }

    private void expire(Handle tx, List<UUID> ids) {
        tx.createUpdate("update result set date_deleted = :now where id in (<ids>) and date_deleted is null")
                .bind("now", clock.instant())
                .bindList("ids", ids)
                .execute();
    }

    /// A key that is still named stays and is not tried. Should a table name it that is not asked here, its foreign
    /// key decides.
    private void keys(Duration age) {
        var before = clock.instant().minus(age);
        long last = 0;
        for (int i = 0; i < BATCHES; i++) {
            long after = last;
            var expired = db.system(tx -> expired(tx, before, after));
            expired.forEach(this::deleteKey);
            if (expired.size() < AT_ONCE) {
                return;
            }
            last = expired.getLast();
        }
    }

    private static List<Long> expired(Handle tx, Instant before, long after) {
        return tx.createQuery("""
                        select k.id from api_key k
                         where k.date_expires < :before and k.id > :after
                           and not exists (select from end_user where key = k.id)
                           and not exists (select from session where key = k.id)
                           and not exists (select from open_sign_in where key = k.id)
                           and not exists (select from poll where key = k.id)
                           and not exists (select from subscription where key = k.id)
                           and not exists (select from webhook_config where key = k.id)
                         order by k.id limit :limit
                        """)
                .bind("before", before)
                .bind("after", after)
                .bind("limit", AT_ONCE)
                .mapTo(Long.class)
                .list();
    }

    private void deleteKey(long key) {
        try {
            db.systemDo(tx -> tx.createUpdate("delete from api_key where id = :id")
                    .bind("id", key)
                    .execute());
        } catch (UnableToExecuteStatementException e) {
            if (!(e.getCause() instanceof SQLException sql) || !FOREIGN_KEY_VIOLATION.equals(sql.getSQLState())) {
                throw e;
            }
        }
    }
}
