package ferry.webhook;

import ferry.db.Database;
import ferry.db.Ids;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// What is done to many events of one config: a first default adopts those that found none, and those that wait for a
/// deleted one leave the line. In batches, since all nodes wait while one is made, and an organisation may have a
/// million events. How far it has come stands in the config's row, so that any node goes on with it.
final class Backlogs {
    /// Events that are looked at in one transaction.
    static final int AT_ONCE = 500;

    private final Database db;
    private final InstantSource clock;

    Backlogs(Database db, InstantSource clock) {
        this.db = db;
        this.clock = clock;
    }

    /// A config with something to be done.
    private record Open(long config, boolean drops) {}

    /// Makes one batch for each config that has something to be done now.
    ///
    /// @return whether there was any
    boolean step() {
        var open = db.system(tx -> tx.createQuery("""
                        select c.id, c.drops from webhook_config c
                         where c.adopted_to is not null
                            or c.drops and (
                              exists (select from delivery d
                                       where d.line = 'waiting' and d.lane in (0, 1) and d.config = c.id)
                              or not exists (select from delivery d where d.line = 'sending' and d.config = c.id))
                         order by c.id limit 20
                        """)
                .map((row, _) -> new Open(row.getLong("id"), row.getBoolean("drops")))
                .list());
        for (var one : open) {
            db.systemDo(tx -> {
                Line.lock(tx, Line.FIRST);
                if (one.drops()) {
                    Line.lock(tx, Line.AGAIN);
                    drop(tx, one.config());
                } else {
                    adopt(tx, one.config());
                }
            });
        }
        return !open.isEmpty();
    }

    /// What happened since the config was made and found none is to go to it, now that it is the default. Makes the
    /// first batch, in the transaction that makes it so, which has taken the [Line#lock] of [Line#FIRST].
    void adopt(Handle tx, WebhookConfig config) {
        adoptedTo(tx, config.id(), Optional.of(Ids.first(config.dateCreated().minus(Placement.AHEAD))));
        adopt(tx, config.id());
    }

    private void adopt(Handle tx, long config) {
        var last = tx.createQuery("""
                        with next as (
                          select e.id, e.key, e.type, e.action, c.id as config, c.organisation,
                                 e.date_created >= c.date_created and %s as wanted
                            from webhook_config c
                            join event e on e.organisation = c.organisation and e.id > c.adopted_to
                           where c.id = :config
                           order by e.id limit :max),
                        adopted as (
                          update delivery d set config = n.config, line = 'waiting', due = :now
                            from next n
                            left join api_key k on k.organisation = n.organisation and k.id = n.key
                           where d.event = n.id and n.wanted and d.line is null and d.config is null
                             and d.state = 'pending' and coalesce(k.webhook_config, n.config) = n.config)
                        select case when count(*) over () = :max then id end from next order by id desc limit 1
                        """.formatted(Placement.WANTS))
                .bind("config", config)
                .bind("now", clock.instant())
                .bind("max", AT_ONCE)
                .bindArray("documented", String.class, WebhookConfig.DOCUMENTED)
                .mapTo(UUID.class)
                .findOne();
        adoptedTo(tx, config, last);
    }

    private static void adoptedTo(Handle tx, long config, Optional<UUID> event) {
        tx.createUpdate("update webhook_config set adopted_to = cast(:event as uuid) where id = :config and not drops")
                .bind("event", event)
                .bind("config", config)
                .execute();
    }

    /// One whose event is under way is waited for: it may come back to be tried again. Nothing is dropped of
    /// one that was resumed meanwhile.
    private static void drop(Handle tx, long config) {
        tx.createUpdate("""
                        update delivery set line = null
                         where event in (select event from delivery
                                          where line = 'waiting' and lane in (0, 1) and config = :config
                                            and exists (select from webhook_config where id = :config and drops)
                                          limit :max)
                        """).bind("config", config).bind("max", AT_ONCE).execute();
        tx.createUpdate("""
                        update webhook_config set drops = false
                         where id = :config
                           and not exists (select from delivery
                                            where line = 'waiting' and lane in (0, 1) and config = :config)
                           and not exists (select from delivery where line = 'sending' and config = :config)
                        """).bind("config", config).execute();
    }
}
