package ferry.webhook;

import ferry.db.Database;
import ferry.event.Sequencer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/// Gives events their place in the list, and leads each to the config that wants it. Under the [Line#lock].
final class Placement implements Sequencer {
    /// Events that get their place in one transaction.
    static final int AT_ONCE = 1000;
    /// What ids may be ahead of the dates beside them.
    static final Duration AHEAD = Duration.ofMinutes(1);

    /// A pattern such as `poll.*` as `like` wants it.
    static final String WANTS = """
            exists (select from unnest(coalesce(c.events, :documented)) p
                     where e.type || '.' || e.action like replace(replace(p, '_', '\\_'), '*', '%'))
            """;

    private final Database db;
    private final InstantSource clock;

    Placement(Database db, InstantSource clock) {
        this.db = db;
        this.clock = clock;
    }

    /// A batch that is not full has left nothing that was committed before it: what comes meanwhile is the next
    /// caller's.
    @Override
    public void sequence() {
        if (!db.system(Placement::anyNew)) {
            return;
        }
        int placed;
        do {
            placed = db.system(tx -> {
                Line.lock(tx, Line.FIRST);
                return arrange(tx).count();
            });
        } while (placed == AT_ONCE);
    }

    private static boolean anyNew(Handle tx) {
        return tx.createQuery("select exists (select from delivery where line = 'new')")
                .mapTo(boolean.class)
                .one();
    }

    /// Events that were given a place.
    ///
    /// @param count at most [#AT_ONCE]
    /// @param configs those that they go to
    record Placed(int count, Set<Long> configs) {}

    /// Gives every committed event its place and leads it to the config that wants it: its key's, else its
    /// organisation's default. A config that the organisation switched off gets none. In a
    /// transaction that has taken the [Line#lock].
    Placed arrange(Handle tx) {
        var configs = tx.createQuery("""
                        update delivery d
                           set sequence = n.sequence, config = coalesce(d.config, n.config), due = :now,
                               line = case when n.config is not null and d.config is null then 'waiting' end
                          from (select f.event, f.config, nextval('event_sequence') as sequence
                                  from (select fresh.event, c.id as config
                                          from (select * from delivery where line = 'new'
                                                 order by number limit :max) fresh
                                          join event e on e.id = fresh.event
                                          left join api_key k
                                            on k.organisation = fresh.organisation and k.id = fresh.key
                                          left join webhook_default w on w.organisation = fresh.organisation
                                          left join webhook_config c
                                            on c.organisation = fresh.organisation
                                           and c.id = coalesce(k.webhook_config, w.config)
                                           and c.stopped is distinct from 'organisation'
                                           and %s
                                         order by fresh.number offset 0) f) n
                         where d.event = n.event
                        returning d.config
                        """.formatted(WANTS))
                .bind("now", clock.instant())
                .bind("max", AT_ONCE)
                .bindArray("documented", String.class, WebhookConfig.DOCUMENTED)
                .map((row, _) -> Optional.ofNullable(row.getObject("config", Long.class)))
                .list();
        return new Placed(
                configs.size(), configs.stream().flatMap(Optional::stream).collect(Collectors.toSet()));
    }
}
