package ferry.event;

import ferry.db.Database;
import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Endpoints;
import ferry.http.ListJson;
import ferry.http.Request;
import ferry.http.Routes;

/// `GET /events` and `GET /events/{id}`.
public final class EventEndpoints implements Endpoints {
    private final Database db;
    private final Events events;
    private final Sequencer sequencer;

    /// @param sequencer is asked before each list, so that a client finds what its last call did
    public EventEndpoints(Database db, Events events, Sequencer sequencer) {
        this.db = db;
        this.events = events;
        this.sequencer = sequencer;
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/events", this::list);
        routes.get("/events/{id}", this::retrieve);
    }

    private Answer list(Request request) {
        var organisation = request.caller().organisation();
        var filter = new Events.Filter(
                request.filter("type"), request.filter("action"), request.wordFilter("state", EventState.slugs()));
        sequencer.sequence();
        return db.read(
                organisation,
                tx -> Answer.ok(
                        ListJson.of(events.list(tx, organisation, filter, request.page()), "/events", EventJson::of)));
    }

    private Answer retrieve(Request request) {
        var organisation = request.caller().organisation();
        var id = request.uuid("event");
        return db.read(
                organisation,
                tx -> Answer.ok(EventJson.of(
                        events.find(tx, organisation, id).orElseThrow(() -> ApiException.notFound("event")))));
    }
}
