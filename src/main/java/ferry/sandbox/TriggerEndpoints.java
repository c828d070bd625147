package ferry.sandbox;

import ferry.audit.Audit;
import ferry.db.Database;
import ferry.db.Ids;
import ferry.event.EventJson;
import ferry.event.Events;
import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Endpoints;
import ferry.http.Request;
import ferry.http.Resends;
import ferry.http.Routes;
import java.time.InstantSource;
import java.util.Map;
import java.util.UUID;

/// `POST /sandbox/trigger`: writes an event about nothing, so that a receiver can be tried with each kind there is. It
/// goes the way of every other event. There only beside the sandbox: what it reports has not happened.
public final class TriggerEndpoints implements Endpoints {
    private final Database db;
    private final Resends resends;
    private final Events events;
    private final Audit audit;
    private final InstantSource clock;

    public TriggerEndpoints(Database db, Resends resends, Events events, Audit audit, InstantSource clock) {
        this.db = db;
        this.resends = resends;
        this.events = events;
        this.audit = audit;
        this.clock = clock;
    }

    @Override
    public void routes(Routes routes) {
        routes.post("/sandbox/trigger", this::trigger);
    }

    private Answer trigger(Request request) throws InterruptedException {
        var caller = request.caller();
        var organisation = caller.organisation();
        var fields = request.fields();
        var type = word(fields.text("type"));
        var action = word(fields.text("action"));
        if (type.isEmpty()) {
            fields.problem("type", "is not a word such as poll");
        }
        if (action.isEmpty()) {
            fields.problem("action", "is not a word such as completed");
        }
        var data = fields.object("data");
        var named = data.optionalText("id");
        if (holdsHalfACharacter(data.node().toString())) {
            fields.problem("data", "holds a character that is not allowed");
        }
        fields.check();
        var made = resends.once(request, UUID.class, tx -> {
            var id = Ids.next(clock);
            var subject = named.orElse(id.toString());
            events.emit(tx, id, organisation, caller.key(), type, action, subject, data.node());
            audit.note(tx, caller, "event.trigger", "event/" + id, Map.of(), request.id());
            return id;
        });
        return Answer.created(EventJson.of(db.read(organisation, tx -> events.find(tx, organisation, made))
                .orElseThrow(() -> ApiException.notFound("event"))));
    }

    /// Half of a surrogate pair, which no table takes.
    private static boolean holdsHalfACharacter(String text) {
        return text.codePoints().anyMatch(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }

    /// Empty where it is none.
    private static String word(String text) {
        return text.matches("[a-z][a-z_]{0,59}") ? text : "";
    }
}
