package ferry.storage;

import ferry.access.OrgId;
import java.time.InstantSource;
import java.time.ZoneOffset;
import org.jdbi.v3.core.Handle;

/// Whose the local buckets are. A bucket belongs to the organisation that first names it, for good, since what it
/// published lies there.
public final class LocalBuckets {
    private final InstantSource clock;

    public LocalBuckets(InstantSource clock) {
        this.clock = clock;
    }

    /// Takes the bucket for the organisation where it is still free.
    ///
    /// Works in the tenant's own transaction: uniqueness counts the rows that row security hides, and a row that
    /// is not seen afterwards is somebody else's. Two that claim at once wait for each other.
    ///
    /// @return whether it is the organisation's now
    public boolean claim(Handle tx, OrgId organisation, String bucket) {
        tx.createUpdate("""
                        insert into local_bucket (bucket, organisation, date_created)
                        values (:bucket, :organisation, :now)
                        on conflict (bucket) do nothing
                        """)
                .bind("bucket", bucket)
                .bind("organisation", organisation.value())
                .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                .execute();
        return owns(tx, organisation, bucket);
    }

    /// Whether the bucket is the organisation's.
    public boolean owns(Handle tx, OrgId organisation, String bucket) {
        return tx.createQuery("""
                        select exists (select from local_bucket where bucket = :bucket and organisation = :organisation)
                        """)
                .bind("bucket", bucket)
                .bind("organisation", organisation.value())
                .mapTo(Boolean.class)
                .one();
    }
}
