package ferry.audit;

import ferry.access.Caller;
import ferry.access.OrgId;
import ferry.http.Json;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The audit log. Rows are only ever added: the database lets neither role change or delete one.
public final class Audit {
    private static final int READ_AT_ONCE = 1000;

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

    /// One entry.
    ///
    /// @param key the key that did it; null for the service itself and its operator
    /// @param subject whereto, such as `session/<id>`
    /// @param detail an object
    /// @param requestId as in the answer's header; null for what no request did
    public record Entry(
            long id,
            Instant date,
            @Nullable Long key,
            String action,
            String subject,
            JsonNode detail,
            @Nullable String requestId) {}

    /// What the log is narrowed to.
    ///
    /// @param since the earliest entry
    /// @param action such as `user.delete`
    /// @param user the number of the user it is about
    public record Filter(Optional<Instant> since, Optional<String> action, Optional<Long> user) {}

    /// Reads an organisation's entries, oldest first, one after the other.
    public void read(Handle tx, OrgId organisation, Filter filter, Consumer<Entry> each) {
        tx.createQuery("""
                        select * from audit
                         where organisation = :organisation
                           and (cast(:since as timestamptz) is null or date_created >= cast(:since as timestamptz))
                           and (cast(:action as text) is null or action = cast(:action as text))
                           and (cast(:user as text) is null
                                or detail ->> 'user' = cast(:user as text)
                                or subject = 'user/' || cast(:user as text))
                         order by id
                        """)
                .bind("organisation", organisation.value())
                .bindByType("since", filter.since().map(Instant::toString).orElse(null), String.class)
                .bind("action", filter.action())
                .bindByType("user", filter.user().map(Object::toString).orElse(null), String.class)
                .setFetchSize(READ_AT_ONCE)
                .map((row, _) -> entry(row))
                .forEach(each);
    }

    private static Entry entry(ResultSet row) throws SQLException {
        return new Entry(
                row.getLong("id"),
                row.getTimestamp("date_created").toInstant(),
                row.getObject("key", Long.class),
                row.getString("action"),
                row.getString("subject"),
                Json.MAPPER.readTree(row.getString("detail")),
                row.getString("request_id"));
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
