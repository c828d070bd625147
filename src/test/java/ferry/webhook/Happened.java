package ferry.webhook;

import ferry.access.OrgId;
import ferry.db.Ids;
import ferry.event.Events;
import ferry.testing.TestApp;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/// Makes events without what they report.
final class Happened {
    private Happened() {}

    /// An event as [Events] writes it, under the organisation's first key. Returns its id.
    static String emit(TestApp app, OrgId organisation, String type, String action) {
        return app.db().tenant(organisation, tx -> emit(tx, app, organisation, type, action));
    }

    /// As the other, in a transaction that the caller ends.
    static String emit(Handle tx, TestApp app, OrgId organisation) {
        return emit(tx, app, organisation, "poll", "created");
    }

    private static String emit(Handle tx, TestApp app, OrgId organisation, String type, String action) {
        var id = Ids.next(app.clock());
        long key = tx.createQuery("select min(id) from api_key where organisation = :organisation")
                .bind("organisation", organisation.value())
                .mapTo(long.class)
                .one();
        var subject = UUID.randomUUID().toString();
        new Events(app.clock()).emit(tx, id, organisation, key, type, action, subject, Map.of("id", subject));
        return id.toString();
    }
}
