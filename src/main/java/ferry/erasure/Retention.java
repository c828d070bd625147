package ferry.erasure;

import ferry.db.Database;
import ferry.db.Ids;
import ferry.storage.disk.DiskObjects;
import java.io.IOException;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Forgets what is old, as the operator has set it, in small batches. The audit log is never touched. Every node may
/// run it at once.
public final class Retention {
    private static final Logger log = LoggerFactory.getLogger(Retention.class);
    private static final int AT_ONCE = 500;
    /// So that one duty never holds up the others for long; the rest goes at the next run.
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
    /// @param tasks completed polls with their tasks, errors and the rows of their results, and the settled tasks
    /// of sign-ins and tests; counted from when they were completed
    /// @param events counted from when they happened
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
        // Before the polls: a row of a result is what knows where its object lies.
        settings.results().ifPresent(this::results);
        settings.tasks().ifPresent(age -> {
            repeat(tx -> polls(tx, age));
            repeat(tx -> tasks(tx, age));
        });
        settings.events().ifPresent(age -> repeat(tx -> events(tx, age)));
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

    /// A poll goes as a whole: what would stay of it alone, its tasks, errors or results, would be a poll that says
    /// something else than it did. One whose objects are yet to be cleaned waits for that.
    private int polls(Handle tx, Duration age) {
        return tx.createUpdate("""
                        with old as (
                          select p.id, p.organisation from poll p
                           where p.id < :first and p.date_completed < :before
                             and not (:cleaned and exists (select from result r
                                                            where r.poll = p.id and r.date_deleted is null
                                                              and r.url like 'local:%'))
                           order by p.id limit :limit for update skip locked),
                        errors as (delete from poll_error where poll in (select id from old)),
                        results as (delete from result where poll in (select id from old)),
                        tasks as (delete from task t using old
                                   where t.organisation = old.organisation and t.poll = old.id)
                        delete from poll where id in (select id from old)
                        """)
                .bind("first", Ids.first(clock.instant().minus(age)))
                .bind("before", clock.instant().minus(age))
                .bind("cleaned", settings.results().isPresent() && local.isPresent())
                .bind("limit", AT_ONCE)
                .execute();
    }

    /// Sign-ins, sign-outs and the tests of configs.
    private int tasks(Handle tx, Duration age) {
        return tx.createUpdate("""
                        delete from task
                         where id in (select id from task
                                       where id < :first and poll is null and date_completed < :before
                                       order by id limit :limit for update skip locked)
                        """)
                .bind("first", Ids.first(clock.instant().minus(age)))
                .bind("before", clock.instant().minus(age))
                .bind("limit", AT_ONCE)
                .execute();
    }

    private int events(Handle tx, Duration age) {
        return tx.createUpdate("""
                        delete from event
                         where id in (select id from event where id < :first order by id limit :limit
                                         for update skip locked)
                        """)
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
    }

    /// A result whose object is old.
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
            log.warn("the object of result {} could not be deleted; it is tried again", result.id(), e);
            return false;
        }
    }

    private void expire(Handle tx, List<UUID> ids) {
        tx.createUpdate("update result set date_deleted = :now where id in (<ids>) and date_deleted is null")
                .bind("now", clock.instant())
                .bindList("ids", ids)
                .execute();
    }

    /// A key that a user, a session or a poll still names stays: their foreign keys decide.
    private void keys(Duration age) {
        var before = clock.instant().minus(age);
        var expired = db.system(tx -> tx.createQuery("select id from api_key where date_expires < :before order by id")
                .bind("before", before)
                .mapTo(Long.class)
                .list());
        for (var key : expired) {
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
}
