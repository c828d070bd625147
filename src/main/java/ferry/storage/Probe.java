package ferry.storage;

import ferry.access.OrgId;
import ferry.db.Database;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;

/// Tests whether a destination works, by doing what publishing does: writes an object, sees that what the storage
/// then has is what was written, and deletes it.
public final class Probe {
    private final Database db;
    private final LocalBuckets buckets;
    private final Publishers publishers;

    public Probe(Database db, LocalBuckets buckets, Publishers publishers) {
        this.db = db;
        this.buckets = buckets;
        this.publishers = publishers;
    }

    /// Tests the destination. Empty where it works; otherwise why not: `Refused` makes the config invalid, and
    /// `Unavailable` does too once trying again has not helped.
    public Optional<PublishException> problem(OrgId organisation, Destination destination) throws InterruptedException {
        if (destination instanceof Destination.Local local && !isOurs(organisation, local.bucket())) {
            return Optional.of(new PublishException.Refused(
                    "Bucket " + local.bucket() + " belongs to another organisation; choose another name.", null));
        }
        try (var publisher = publishers.open(destination)) {
            tryOut(publisher, ObjectKey.probe(destination.path(), UUID.randomUUID()));
            return Optional.empty();
        } catch (PublishException e) {
            return Optional.of(e);
        }
    }

    private boolean isOurs(OrgId organisation, String bucket) {
        return db.tenant(organisation, tx -> buckets.claim(tx, organisation, bucket));
    }

    static void tryOut(Publisher publisher, ObjectKey key) throws PublishException, InterruptedException {
        var bytes = ("Ferry was here: " + key).getBytes(StandardCharsets.UTF_8);
        try (var intake = Intake.open(publisher, key, "text/plain")) {
            intake.write(bytes, 0, bytes.length);
            var stored = intake.commit();
            var head = publisher.head(key);
            if (head.isEmpty()) {
                throw new PublishException.Refused("What was written to the bucket cannot be found there.", null);
            }
            if (!head.get().shows(stored)) {
                throw new PublishException.Refused("The bucket does not give back what was written to it.", null);
            }
        }
        publisher.delete(key);
    }
}
