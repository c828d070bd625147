package ferry.storage.s3;

import ferry.db.Database;
import ferry.storage.PublishException;
import ferry.storage.Publishers;
import ferry.storage.Rounds;
import ferry.storage.StorageConfigs;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;

/// Uploads in parts that a killed process left: a store keeps their parts, and charges for them, until somebody
/// aborts the upload. Every config that still has credentials is looked at, whatever its state. Only those whose
/// key has the shape that the config gives are Ferry's. Every node may sweep at once. Google forgets unfinished
/// uploads by itself, after a week.
public final class UnfinishedParts {
    private static final System.Logger log = System.getLogger(UnfinishedParts.class.getName());

    private final Database db;
    private final StorageConfigs configs;
    private final Publishers publishers;
    private final InstantSource clock;

    public UnfinishedParts(Database db, StorageConfigs configs, Publishers publishers, InstantSource clock) {
        this.db = db;
        this.configs = configs;
        this.publishers = publishers;
        this.clock = clock;
    }

    /// Aborts every such upload that was begun more than `age` ago. One that still lives fails when it commits, and
    /// its task comes again; a day is meant. A bucket that refuses is left for the next time.
    ///
    /// @return how many were aborted
    public int sweep(Duration age) throws InterruptedException {
        var aborted = new AtomicInteger();
        Rounds.make(
                "unfinished uploads",
                db.system(tx -> configs.withCredentials(tx, "s3")),
                owned -> owned.config().id(),
                owned -> sweep(owned, age, aborted));
        return aborted.get();
    }

    private void sweep(StorageConfigs.Owned owned, Duration age, AtomicInteger aborted)
            throws PublishException, InterruptedException {
        var before = clock.instant().minus(age);
        var config = owned.config();
        try (var publisher = publishers.open(owned.organisation(), config)) {
            if (publisher instanceof S3Publisher s3) {
                var path = config.destination().path();
                int some = s3.abort(
                        path.isEmpty() ? "" : path + "/",
                        upload -> upload.begun().isBefore(before) && config.made(upload.key()));
                aborted.addAndGet(some);
                if (some > 0) {
                    log.log(
                            Level.INFO,
                            "bucket {0}: aborted {1} uploads left unfinished",
                            config.destination().bucket(),
                            some);
                }
            }
        }
    }
}
