package ferry.task;

import ferry.db.Database;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;

/// This node's row, by which all nodes know how many slots there are. One that is no longer renewed counts until the
/// lease has run out. One thread alone calls [#renew].
final class Presence {
    private final Database db;
    private final UUID node;
    private final TaskSettings settings;
    private final InstantSource pulse;
    private Instant lastSeen = Instant.MIN;

    Presence(Database db, UUID node, TaskSettings settings, InstantSource pulse) {
        this.db = db;
        this.node = node;
        this.settings = settings;
        this.pulse = pulse;
    }

    /// The node's heartbeat, if one is due.
    void renew() {
        var now = pulse.instant();
        if (now.isBefore(lastSeen) || !now.isBefore(later(lastSeen))) {
            db.system(tx -> {
                tx.createUpdate("""
                                insert into node (id, slots, date_seen) values (:id, :slots, :now)
                                on conflict (id) do update set date_seen = excluded.date_seen
                                """)
                        .bind("id", node)
                        .bind("slots", settings.slots())
                        .bind("now", now)
                        .execute();
                return tx.createUpdate("delete from node where date_seen < :long")
                        .bind("long", now.minus(Duration.ofHours(1)))
                        .execute();
            });
            lastSeen = now;
        }
    }

    private Instant later(Instant seen) {
        return seen.equals(Instant.MIN) ? seen : seen.plus(settings.heartbeat());
    }

    /// Signs off: from here on the node's slots do not count.
    void end() {
        db.system(tx -> tx.createUpdate("delete from node where id = :id")
                .bind("id", node)
                .execute());
    }
}
