package ferry.event;

import ferry.access.OrgId;
import ferry.db.Ids;
import ferry.http.Json;
import java.time.InstantSource;
import org.jdbi.v3.core.Handle;

/// The events of all organisations. Written by whoever changes something, in the same transaction.
public final class Events {
    private final InstantSource clock;

    /// @param clock gives `date_created`
    public Events(InstantSource clock) {
        this.clock = clock;
    }

    /// Reports that something happened to a resource.
    ///
    /// @param key the key whose webhook hears of it
    /// @param type the resource's kind, such as `poll`
    /// @param action what happened, such as `completed`
    /// @param subject the resource's id
    /// @param resource the resource as the API shows it at this moment
    public void emit(
            Handle tx, OrgId organisation, long key, String type, String action, String subject, Object resource) {
        tx.createUpdate("""
                        insert into event (id, organisation, key, type, action, subject, body, date_created)
                        values (:id, :organisation, :key, :type, :action, :subject, cast(:body as json), :now)
                        """)
                .bind("id", Ids.next(clock))
                .bind("organisation", organisation.value())
                .bind("key", key)
                .bind("type", type)
                .bind("action", action)
                .bind("subject", subject)
                .bind("body", Json.MAPPER.writeValueAsString(resource))
                .bind("now", clock.instant())
                .execute();
    }
}
