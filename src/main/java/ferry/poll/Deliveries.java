package ferry.poll;

import ferry.access.OrgId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// The table of how far each subscription has got with each of its types.
public final class Deliveries {
    /// How far it has got.
    ///
    /// @param since from where the next listing begins; empty for from the beginning
    /// @param gap since when listings have lacked something
    /// @param seen the fingerprints of what the last listing named
    /// @param cursor from where the next listing goes on instead; empty for a type that has none
    record Progress(Optional<Instant> since, Optional<Instant> gap, Fingerprints seen, Optional<UUID> cursor) {
        static final Progress NONE =
                new Progress(Optional.empty(), Optional.empty(), Fingerprints.NONE, Optional.empty());
    }

    Progress find(Handle tx, OrgId organisation, UUID subscription, String asked) {
        return tx.createQuery("""
                        select * from delivered
                         where organisation = :organisation and subscription = :subscription and asked = :asked
                        """)
                .bind("organisation", organisation.value())
                .bind("subscription", subscription)
                .bind("asked", asked)
                .map((row, _) -> progress(row))
                .findOne()
                .orElse(Progress.NONE);
    }

    /// Keeps it over what was there, unless the subscription was deleted meanwhile.
    void keep(Handle tx, OrgId organisation, UUID subscription, String asked, Progress progress) {
        tx.createUpdate("""
                        insert into delivered (subscription, asked, organisation, date_since, date_gap, seen, cursor)
                        select id, :asked, organisation, cast(:since as timestamptz), cast(:gap as timestamptz), :seen,
                               cast(:cursor as uuid)
                          from subscription
                         where organisation = :organisation and id = :subscription and state <> 'deleted'
                        on conflict (subscription, asked) do update
                           set date_since = excluded.date_since, date_gap = excluded.date_gap, seen = excluded.seen,
                               cursor = excluded.cursor
                        """)
                .bind("organisation", organisation.value())
                .bind("subscription", subscription)
                .bind("asked", asked)
                .bind("since", progress.since())
                .bind("gap", progress.gap())
                .bind("seen", progress.seen().bytes())
                .bind("cursor", progress.cursor())
                .execute();
    }

    /// Forgets all of a subscription.
    public void forget(Handle tx, OrgId organisation, UUID subscription) {
        tx.createUpdate("delete from delivered where organisation = :organisation and subscription = :subscription")
                .bind("organisation", organisation.value())
                .bind("subscription", subscription)
                .execute();
    }

    private static Progress progress(ResultSet row) throws SQLException {
        return new Progress(
                Optional.ofNullable(row.getTimestamp("date_since")).map(Timestamp::toInstant),
                Optional.ofNullable(row.getTimestamp("date_gap")).map(Timestamp::toInstant),
                Fingerprints.of(row.getBytes("seen")),
                Optional.ofNullable(row.getObject("cursor", UUID.class)));
    }
}
