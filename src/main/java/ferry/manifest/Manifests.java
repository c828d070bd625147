package ferry.manifest;

import ferry.access.OrgId;
import ferry.error.ErrorCode;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// The table of which polls' manifests are to be written, and which are. A row is made with the completion of its
/// poll; whoever takes it writes the object and says so. Who dies on the way is followed by another, who writes the
/// same bytes.
public final class Manifests {
    /// How long a writer counts as alive after it was last heard of, see [#renew]. Should it live, both write the
    /// same.
    public static final Duration LEASE = Duration.ofMinutes(2);

    /// How many manifests of one storage config are written at once, by all nodes: a bucket that hangs holds up only
    /// its own.
    static final int PER_CONFIG = 2;

    /// The same for all configs of one organisation.
    static final int PER_ORGANISATION = 4;

    private static final Duration FIRST_PAUSE = Duration.ofSeconds(5);
    private static final Duration LONGEST_PAUSE = Duration.ofHours(1);
    private static final Duration PATIENCE = Duration.ofDays(3);

    private final InstantSource clock;

    public Manifests(InstantSource clock) {
        this.clock = clock;
    }

    /// A manifest that is to be written now.
    ///
    /// @param attempts how often it was begun, this time included
    /// @param since when its poll was completed
    public record Due(OrgId organisation, UUID poll, int attempts, Instant since) {}

    /// Where a manifest goes.
    public record Place(String url, String signatureUrl) {}

    /// What lies there.
    ///
    /// @param sha256 of the manifest, hex
    public record Written(long size, String sha256) {}

    /// Takes the one that is due for longest, of whatever organisation; nobody else gets it before the lease is over.
    /// Polls of users that are being erased are left alone, and so are configs and organisations of which enough
    /// are being written: about so many, since nodes that look at once do not see each other.
    public Optional<Due> take(Handle system) {
        var now = clock.instant();
        return system.createQuery("""
                        update manifest set attempts = attempts + 1, writing = true, date_next = :lease
                         where poll = (select m.poll from manifest m join poll p on p.id = m.poll
                                        where m.state = 'pending' and m.date_next <= :now
                                          and p.storage_config not in
                                              (select busy.storage_config from manifest w join poll busy on busy.id = w.poll
                                                where w.writing and w.state = 'pending' and w.date_next > :now
                                                group by busy.storage_config having count(*) >= :perConfig)
                                          and m.organisation not in
                                              (select w.organisation from manifest w
                                                where w.writing and w.state = 'pending' and w.date_next > :now
                                                group by w.organisation having count(*) >= :perOrganisation)
                                          and not exists (select from end_user u
                                                           where u.id = p.end_user and u.state = 'deleted')
                                        order by m.date_next limit 1 for update of m skip locked)
                        returning organisation, poll, attempts, date_created
                        """)
                .bind("now", now)
                .bind("lease", now.plus(LEASE))
                .bind("perConfig", PER_CONFIG)
                .bind("perOrganisation", PER_ORGANISATION)
                .map((row, _) -> new Due(
                        new OrgId(row.getLong("organisation")),
                        row.getObject("poll", UUID.class),
                        row.getInt("attempts"),
                        row.getTimestamp("date_created").toInstant()))
                .findOne();
    }

    /// Whoever writes it is alive; does nothing where another has taken it since.
    public void renew(Handle system, Due due) {
        system.createUpdate("""
                        update manifest set date_next = :lease
                         where organisation = :organisation and poll = :poll and state = 'pending' and writing
                           and attempts = :attempts
                        """)
                .bind("lease", clock.instant().plus(LEASE))
                .bind("organisation", due.organisation().value())
                .bind("poll", due.poll())
                .bind("attempts", due.attempts())
                .execute();
    }

    /// The key this manifest is signed with: once chosen, for good. Empty where it is not to be written any more.
    ///
    /// @param current what is chosen where none is
    public Optional<String> key(Handle tx, OrgId organisation, UUID poll, String current) {
        return tx.createQuery("""
                        update manifest set key = coalesce(key, :current)
                         where organisation = :organisation and poll = :poll and state = 'pending'
                        returning key
                        """)
                .bind("organisation", organisation.value())
                .bind("poll", poll)
                .bind("current", current)
                .mapTo(String.class)
                .findOne();
    }

    /// Where this manifest goes: once chosen, for good, so that it can be found whoever dies. Empty where it is not to
    /// be written any more.
    ///
    /// @param current what is chosen where nothing is
    public Optional<Place> place(Handle tx, OrgId organisation, UUID poll, Place current) {
        return tx.createQuery("""
                        update manifest
                           set url = coalesce(url, :url), signature_url = coalesce(signature_url, :signatureUrl)
                         where organisation = :organisation and poll = :poll and state = 'pending'
                        returning url, signature_url
                        """)
                .bind("organisation", organisation.value())
                .bind("poll", poll)
                .bind("url", current.url())
                .bind("signatureUrl", current.signatureUrl())
                .map((row, _) -> new Place(row.getString("url"), row.getString("signature_url")))
                .findOne();
    }

    /// It lies in the bucket, and so does its signature.
    ///
    /// @return whether the poll is still there: else nobody knows of the objects, and they must go
    public boolean written(Handle tx, OrgId organisation, UUID poll, Written written) {
        tx.createUpdate("""
                        update manifest
                           set state = 'available', writing = false, size = :size, sha256 = :sha256,
                               date_written = :now
                         where organisation = :organisation and poll = :poll and state = 'pending'
                        """)
                .bind("organisation", organisation.value())
                .bind("poll", poll)
                .bind("size", written.size())
                .bind("sha256", written.sha256())
                .bind("now", clock.instant())
                .execute();
        return tx.createQuery("""
                        select exists (select from manifest where organisation = :organisation and poll = :poll
                                          and state = 'available')
                        """)
                .bind("organisation", organisation.value())
                .bind("poll", poll)
                .mapTo(boolean.class)
                .one();
    }

    /// It could not be written; it is tried again after ever longer pauses, for three days.
    ///
    /// @param message a sentence for the client
    /// @param hopeless whether trying again changes nothing
    public void failed(Handle tx, Due due, ErrorCode why, String message, boolean hopeless) {
        var now = clock.instant();
        boolean over = hopeless || due.since().plus(PATIENCE).isBefore(now);
        tx.createUpdate("""
                        update manifest
                           set writing = false, date_next = :next,
                               state = case when :over then 'failed' else state end,
                               error = case when :over then :error end,
                               message = case when :over then :message end
                         where organisation = :organisation and poll = :poll and state = 'pending'
                           and attempts = :attempts
                        """)
                .bind("organisation", due.organisation().value())
                .bind("poll", due.poll())
                .bind("attempts", due.attempts())
                .bind("next", now.plus(pause(due.attempts())))
                .bind("over", over)
                .bind("error", why.slug())
                .bind("message", message)
                .execute();
    }

    private static Duration pause(int attempts) {
        var longer = FIRST_PAUSE.multipliedBy(1L << Math.min(attempts - 1, 20));
        return longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
    }
}
