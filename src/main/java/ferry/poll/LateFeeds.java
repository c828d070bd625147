package ferry.poll;

import ferry.access.OrgId;
import ferry.db.Database;
import ferry.storage.ObjectKey;
import ferry.storage.PublishException;
import ferry.storage.Publishers;
import ferry.storage.Rounds;
import ferry.storage.StorageConfigs;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Feeds in a bucket that never became a result: of an attempt that died or was interrupted between publishing
/// and recording, and after which no other attempt published, or of a worker that stalled and published late.
/// Each attempt's feed has a key of its own, so they can be named without listing the bucket. Every node may
/// sweep at once.
public final class LateFeeds {
    /// Tasks that one organisation has looked after in one sweep, so that all others have their turn.
    private static final int OF_ORGANISATION = 1000;

    private static final int AT_ONCE = 20_000;

    private final Database db;
    private final StorageConfigs configs;
    private final Publishers publishers;
    private final InstantSource clock;

    public LateFeeds(Database db, StorageConfigs configs, Publishers publishers, InstantSource clock) {
        this.db = db;
        this.configs = configs;
        this.publishers = publishers;
        this.clock = clock;
    }

    /// A task that is over and may have left feeds.
    ///
    /// @param published the key of its result; null where it has none
    private record Over(
            OrgId organisation,
            UUID poll,
            String type,
            String target,
            int attempts,
            long storageConfig,
            @Nullable String published) {}

    /// Deletes the feeds without a result of all tasks that ended within the last `age`. A bucket that cannot be
    /// reached is left for the next time.
    public void sweep(Duration age) throws InterruptedException {
        Rounds.make("late feeds", over(age), Over::storageConfig, this::sweep);
    }

    private void sweep(Over task) throws PublishException, InterruptedException {
        var config = db.tenant(task.organisation(), tx -> configs.find(tx, task.organisation(), task.storageConfig()));
        if (config.isEmpty()) {
            return;
        }
        var kind = task.type().equals(Fetch.INFO) ? ObjectKey.Kind.INFO : ObjectKey.Kind.DATA;
        try (var publisher = publishers.open(task.organisation(), config.get())) {
            for (int attempt = 1; attempt <= task.attempts(); attempt++) {
                var key = config.get().feedKey(task.poll(), kind, task.target(), attempt);
                if (!key.toString().equals(task.published())) {
                    publisher.delete(key);
                }
            }
        }
    }

    /// Those that succeeded at their first attempt left nothing. Of a user that is being erased nobody can tell any
    /// more what was published: results go before tasks.
    private List<Over> over(Duration age) {
        return db.system(tx -> tx.createQuery("""
                        select organisation, poll, type, target, attempt, storage_config, object_key
                          from (select t.organisation, t.poll, t.type, t.target, t.attempt, p.storage_config,
                                       r.object_key,
                                       row_number() over (partition by t.organisation
                                                           order by t.date_completed desc) as rank
                                  from task t
                                  join poll p on p.id = t.poll
                                  left join result r on r.poll = t.poll and r.identifier = t.type || ':' || t.target
                                 where t.type in ('data', 'info') and t.date_completed >= :since and t.attempt > 0
                                   and (t.attempt > 1 or t.state = 'failed') and p.storage_config is not null
                                   and not exists (select from end_user u
                                                    where u.id = p.end_user and u.state = 'deleted')) late
                         where rank <= :ofOrganisation order by rank limit :max
                        """)
                .bind("since", clock.instant().minus(age))
                .bind("ofOrganisation", OF_ORGANISATION)
                .bind("max", AT_ONCE)
                .map((row, _, _) -> new Over(
                        new OrgId(row.getLong("organisation")),
                        row.getObject("poll", UUID.class),
                        row.getString("type"),
                        row.getString("target"),
                        row.getInt("attempt"),
                        row.getLong("storage_config"),
                        row.getString("object_key")))
                .list());
    }
}
