package ferry.storage;

import ferry.access.OrgId;
import ferry.db.Database;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.UUID;

/// Objects of storage configs' tests that a stalled worker wrote when the attempt after it had already looked for
/// them, or that were still being taken in when they were deleted. They can be named without listing the bucket. Every
/// node may sweep at once.
public final class LateProbes {
    /// Tests that one organisation has looked after in one sweep, so that all others have their turn.
    private static final int OF_ORGANISATION = 200;

    private static final int AT_ONCE = 5000;

    private final Database db;
    private final StorageConfigs configs;
    private final Publishers publishers;
    private final InstantSource clock;

    public LateProbes(Database db, StorageConfigs configs, Publishers publishers, InstantSource clock) {
        this.db = db;
        this.configs = configs;
        this.publishers = publishers;
        this.clock = clock;
    }

    /// A test that is over and may have left objects.
    private record Over(OrgId organisation, UUID id, long config, int attempts) {}

    /// Deletes what the tests that ended within the last `age` may have left. A bucket that cannot be reached is left
    /// for the next time.
    public void sweep(Duration age) throws InterruptedException {
        Rounds.make("objects of late tests", over(age), Over::config, this::sweep);
    }

    private void sweep(Over test) throws PublishException, InterruptedException {
        var config = db.tenant(test.organisation(), tx -> configs.find(tx, test.organisation(), test.config()));
        if (config.isEmpty()) {
            return;
        }
        try (var publisher = publishers.open(test.organisation(), config.get())) {
            for (int attempt = 1; attempt <= test.attempts(); attempt++) {
                publisher.delete(ObjectKey.probe(config.get().destination().path(), test.id(), attempt));
            }
        }
    }

    /// Those that succeeded at their first attempt left nothing.
    private List<Over> over(Duration age) {
        return db.system(tx -> tx.createQuery("""
                        select id, organisation, target, attempt
                          from (select id, organisation, target, attempt,
                                       row_number() over (partition by organisation order by date_completed desc) as rank
                                  from task
                                 where type = :type and date_completed >= :since and attempt > 0
                                   and (attempt > 1 or state = 'failed')) late
                         where rank <= :ofOrganisation order by rank limit :max
                        """)
                .bind("type", TestStorage.TYPE)
                .bind("since", clock.instant().minus(age))
                .bind("ofOrganisation", OF_ORGANISATION)
                .bind("max", AT_ONCE)
                .map((row, _, _) -> new Over(
                        new OrgId(row.getLong("organisation")),
                        row.getObject("id", UUID.class),
                        Long.parseLong(row.getString("target")),
                        row.getInt("attempt")))
                .list());
    }
}
