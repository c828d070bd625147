package ferry.storage;

import ferry.access.OrgId;
import ferry.db.Database;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;

/// Tests whether a config works, by doing what publishing does: writes an object, reads it back, compares, and
/// deletes it.
public final class Probe {
    private final Database db;
    private final LocalBuckets buckets;
    private final Publishers publishers;

    public Probe(Database db, LocalBuckets buckets, Publishers publishers) {
        this.db = db;
        this.buckets = buckets;
        this.publishers = publishers;
    }

    /// What a test that succeeded has learned.
    ///
    /// @param region where the bucket is, if the config did not say and its storage has regions
    /// @param note what is missing although results can be published
    public record Found(Optional<String> region, Optional<String> note) {}

    /// Tests the config. Of the attempts at one test, each deletes what the earlier ones have left.
    ///
    /// @param test which one
    /// @param attempt from 1
    /// @throws PublishException where it does not work: `Refused` makes it invalid, and `Unavailable` does too once
    /// trying again has not helped
    public Found test(OrgId organisation, StorageConfig config, UUID test, int attempt)
            throws PublishException, InterruptedException {
        if (config.destination() instanceof Destination.Local local) {
            db.tenantDo(organisation, tx -> buckets.claim(tx, organisation, local.bucket()));
        }
        var region = publishers.findRegion(organisation, config);
        try (var publisher = publishers.open(organisation, config, region)) {
            var path = config.destination().path();
            for (int earlier = 1; earlier < attempt; earlier++) {
                forget(publisher, ObjectKey.probe(path, test, earlier));
            }
            var note = tryOut(publisher, ObjectKey.probe(path, test, attempt));
            if (note.isPresent() && config.recipients().isPresent()) {
                throw new PublishException.Refused(
                        "Objects that are encrypted need the permission to delete and replace, since a repeated attempt"
                                + " writes other bytes. " + note.get(),
                        null);
            }
            var notes = new ArrayList<>(publisher.lacks(path.isEmpty() ? "" : path + "/"));
            note.ifPresent(notes::addFirst);
            return new Found(region, notes.isEmpty() ? Optional.empty() : Optional.of(String.join(" ", notes)));
        }
    }

    /// Writes, compares and deletes. Whoever is told to stop deletes all the same: the next attempt may have looked for
    /// the object before it was there.
    ///
    /// @return what is missing although results can be published: the roles that Google's documentation names for
    /// publishing cannot delete
    static Optional<String> tryOut(Publisher publisher, ObjectKey key) throws PublishException, InterruptedException {
        try {
            write(publisher, key);
            return delete(publisher, key);
        } catch (InterruptedException e) {
            forget(publisher, key);
            throw e;
        }
    }

    private static Optional<String> delete(Publisher publisher, ObjectKey key)
            throws PublishException, InterruptedException {
        try {
            publisher.delete(key);
            return Optional.empty();
        } catch (PublishException.Refused e) {
            if (!publisher.worksWithoutDeleting()) {
                throw e;
            }
            return Optional.of(e.getMessage() + " Results are published all the same; what a repeated attempt leaves"
                    + " behind stays, as does this test's object " + key + ".");
        }
    }

    private static void write(Publisher publisher, ObjectKey key) throws PublishException, InterruptedException {
        var bytes = ("Ferry was here: " + key).getBytes(StandardCharsets.UTF_8);
        try (var intake = Intake.open(publisher, key, "text/plain")) {
            intake.write(bytes, 0, bytes.length);
            var stored = intake.commit();
            try {
                compare(publisher, key, stored, bytes);
            } catch (PublishException e) {
                forget(publisher, key);
                throw e;
            }
        }
    }

    private static void compare(Publisher publisher, ObjectKey key, Stored stored, byte[] bytes)
            throws PublishException, InterruptedException {
        var head = publisher.head(key);
        if (head.isEmpty()) {
            throw new PublishException.Refused("What was written to the bucket cannot be found there.", null);
        }
        if (!head.get().shows(stored) || !givesBack(publisher, key, bytes)) {
            throw new PublishException.Refused("The bucket does not give back what was written to it.", null);
        }
    }

    /// The roles that Google's documentation names for publishing cannot read: then what the storage says of the
    /// object has to do.
    private static boolean givesBack(Publisher publisher, ObjectKey key, byte[] bytes)
            throws PublishException, InterruptedException {
        try {
            return publisher
                    .read(key, bytes.length + 1)
                    .filter(read -> Arrays.equals(read, bytes))
                    .isPresent();
        } catch (PublishException.Refused e) {
            if (!publisher.worksWithoutReading()) {
                throw e;
            }
            return true;
        }
    }

    /// Deletes it if that is possible. What the test finds is more than that it is not.
    private static void forget(Publisher publisher, ObjectKey key) throws InterruptedException {
        try {
            publisher.delete(key);
        } catch (PublishException e) {
            System.getLogger(Probe.class.getName())
                    .log(System.Logger.Level.INFO, "a test''s object stays: {0}", e.getMessage());
        }
    }
}
