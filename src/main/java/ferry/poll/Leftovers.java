package ferry.poll;

import ferry.access.OrgId;
import ferry.db.Database;
import ferry.storage.ObjectKey;
import ferry.storage.PublishException;
import ferry.storage.Publisher;
import ferry.storage.Publishers;
import ferry.storage.Rounds;
import ferry.storage.StorageConfig;
import ferry.storage.StorageConfigs;
import java.text.Normalizer;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Objects of a poll that never became results: an attempt published them and died, failed or was cancelled before
/// it could record them, and no later one published the same. Once the poll is complete its part of the bucket is
/// listed, and what no result names is deleted; a day later once more, for what a stalled worker published late.
/// Where a key template puts the id before the poll there is no such part, and nothing is looked for. Every node
/// may sweep at once.
public final class Leftovers {
    private static final Logger log = LoggerFactory.getLogger(Leftovers.class);

    /// Polls that one organisation has looked through in one sweep, so that all others have their turn.
    private static final int OF_ORGANISATION = 1000;

    private static final int AT_ONCE = 10_000;
    private static final int LOOKS = 2;
    private static final Duration BETWEEN_LOOKS = Duration.ofDays(1);
    /// How long whoever looks counts as alive, and how long a bucket is left alone that could not be reached.
    private static final Duration LEASE = Duration.ofHours(1);

    private static final Duration PATIENCE = Duration.ofDays(7);

    private final Database db;
    private final StorageConfigs configs;
    private final Publishers publishers;
    private final InstantSource clock;

    public Leftovers(Database db, StorageConfigs configs, Publishers publishers, InstantSource clock) {
        this.db = db;
        this.configs = configs;
        this.publishers = publishers;
        this.clock = clock;
    }

    /// A poll whose objects are to be looked through.
    ///
    /// @param lease when whoever took it counts as dead
    private record Due(OrgId organisation, UUID poll, long storageConfig, Instant lease) {}

    /// Looks through what is due. Gives up the buckets that could not be reached for a week.
    public void sweep() throws InterruptedException {
        db.systemDo(tx -> tx.createUpdate("delete from leftover where date_created < :before")
                .bind("before", clock.instant().minus(PATIENCE))
                .execute());
        Rounds.make("objects without a result", db.system(this::take), Due::storageConfig, this::sweep);
    }

    private void sweep(Due due) throws PublishException, InterruptedException {
        var organisation = due.organisation();
        var config = db.tenant(organisation, tx -> configs.find(tx, organisation, due.storageConfig()));
        if (config.isPresent()) {
            try (var publisher = publishers.open(organisation, config.get())) {
                sweep(due, config.get(), publisher);
            } catch (PublishException.Refused e) {
                // the organisation decided so: what may not be listed or deleted stays
                log.info("objects of poll {} without a result: {}", due.poll(), e.getMessage());
            }
        }
        db.tenantDo(organisation, tx -> looked(tx, due));
    }

    private void sweep(Due due, StorageConfig config, Publisher publisher)
            throws PublishException, InterruptedException {
        var results = db.tenant(due.organisation(), tx -> results(tx, due));
        if (results.isEmpty()) {
            return;
        }
        for (var prefix : config.prefixes(due.poll())) {
            publisher.list(prefix, key -> {
                if (config.madeResult(due.poll(), key) && Arrays.binarySearch(results.get(), fingerprint(key)) < 0) {
                    publisher.delete(ObjectKey.listed(key));
                    log.info("poll {}: deleted an object without a result", due.poll());
                }
            });
        }
    }

    /// Of a key as results have it: some stores spell what is composed of several characters in another way.
    private static long fingerprint(String key) {
        return ObjectKey.fingerprint(Normalizer.normalize(key, Normalizer.Form.NFC));
    }

    /// The fingerprints of the keys of all results, in their order: a poll may have a million. Read in one
    /// statement with the row that says that none of them has been deleted; empty where that row is gone. Of two
    /// keys with one fingerprint the one without a result stays, which does no harm.
    private static Optional<long[]> results(Handle tx, Due due) {
        try (var keys = tx
                .createQuery("""
                        select coalesce(r.object_key, '') from leftover l left join result r on r.poll = l.poll
                         where l.organisation = :organisation and l.poll = :poll
                        """)
                .bind("organisation", due.organisation().value())
                .bind("poll", due.poll())
                .setFetchSize(1000)
                .mapTo(String.class)
                .stream()) {
            var all = keys.mapToLong(ObjectKey::fingerprint).sorted().toArray();
            return all.length == 0 ? Optional.empty() : Optional.of(all);
        }
    }

    /// Takes what is due of each organisation, longest first. Polls of users that are being erased are left alone.
    private List<Due> take(Handle system) {
        return system.createQuery("""
                        update leftover l set date_next = :lease from poll p
                         where p.id = l.poll and l.date_next <= :now
                           and l.poll in (select poll
                                            from (select poll, row_number() over (partition by organisation
                                                                                   order by date_next) as rank
                                                    from leftover where date_next <= :now) due
                                           where rank <= :ofOrganisation order by rank limit :atOnce)
                           and not exists (select from end_user u where u.id = p.end_user and u.state = 'deleted')
                        returning l.organisation, l.poll, p.storage_config, l.date_next
                        """)
                .bind("now", clock.instant())
                .bind("lease", clock.instant().plus(LEASE))
                .bind("ofOrganisation", OF_ORGANISATION)
                .bind("atOnce", AT_ONCE)
                .map((row, _) -> new Due(
                        new OrgId(row.getLong("organisation")),
                        row.getObject("poll", UUID.class),
                        row.getLong("storage_config"),
                        row.getObject("date_next", OffsetDateTime.class).toInstant()))
                .list();
    }

    /// Where the lease is another's by now, the look is that one's to count.
    private void looked(Handle tx, Due due) {
        tx.createUpdate("""
                        update leftover set looks = looks + 1, date_next = :next
                         where organisation = :organisation and poll = :poll and date_next = :lease
                        """)
                .bind("organisation", due.organisation().value())
                .bind("poll", due.poll())
                .bind("lease", due.lease())
                .bind("next", clock.instant().plus(BETWEEN_LOOKS))
                .execute();
        tx.createUpdate("delete from leftover where organisation = :organisation and poll = :poll and looks >= :looks")
                .bind("organisation", due.organisation().value())
                .bind("poll", due.poll())
                .bind("looks", LOOKS)
                .execute();
    }
}
