package ferry.audit;

import ferry.access.Caller;
import ferry.access.OrgId;
import ferry.http.Json;
import java.time.InstantSource;
import java.util.Map;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// The audit log. Rows are only ever added: the database lets neither role change or delete one.
public final class Audit {
    private final InstantSource clock;

    /// @param clock gives the date of each entry
    public Audit(InstantSource clock) {
        this.clock = clock;
    }

    /// Notes an act of a caller.
    ///
    /// @param action what was done, such as `session.create`
    /// @param subject whereto, such as `session/<id>`
    /// @param detail what else matters; no secrets and no personal data
    public void note(Handle tx, Caller caller, String action, String subject, Map<String, ?> detail, String requestId) {
        note(tx, caller.organisation(), caller.key(), action, subject, detail, requestId);
    }

    /// Notes an act of the service itself or of its operator.
    public void note(Handle tx, OrgId organisation, String action, String subject, Map<String, ?> detail) {
        note(tx, organisation, null, action, subject, detail, null);
    }

    private void note(
            Handle tx,
            OrgId organisation,
            @Nullable Long key,
            String action,
            String subject,
            Map<String, ?> detail,
            @Nullable String requestId) {
        tx.createUpdate("""
                        insert into audit (organisation, key, action, subject, detail, request_id, date_created)
                        values (:organisation, :key, :action, :subject, cast(:detail as jsonb), :request, :now)
                        """)
                .bind("organisation", organisation.value())
                .bindByType("key", key, Long.class)
                .bind("action", action)
                .bind("subject", subject)
                .bind("detail", Json.MAPPER.writeValueAsString(detail))
                .bind("request", requestId)
                .bind("now", clock.instant())
                .execute();
    }
}
