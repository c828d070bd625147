package ferry.source;

import ferry.db.Database;
import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Endpoints;
import ferry.http.ListJson;
import ferry.http.Request;
import ferry.http.Routes;
import ferry.user.Users;
import java.util.Arrays;
import java.util.Optional;

/// `/sources`.
public final class SourceEndpoints implements Endpoints {
    private final Database db;
    private final Sources sources;
    private final Users users;
    private final Connectors connectors;

    /// @param connectors which source types there are
    public SourceEndpoints(Database db, Sources sources, Users users, Connectors connectors) {
        this.db = db;
        this.sources = sources;
        this.users = users;
        this.connectors = connectors;
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/sources", this::list);
        routes.post("/sources", this::create);
        routes.get("/sources/{id}", this::retrieve);
        routes.get("/sources/{id}/children", this::children);
    }

    private Answer create(Request request) {
        var caller = request.caller();
        var wanted = SourceRequest.of(request.fields(), caller, connectors);
        var got = db.tenant(caller.organisation(), tx -> wanted.source(tx, caller, users, sources));
        return new Answer(got.made() ? 201 : 200, SourceJson.of(got.source()));
    }

    private Answer retrieve(Request request) {
        var organisation = request.caller().organisation();
        return db.tenant(
                organisation,
                tx -> sources.find(tx, organisation, request.number("source"))
                        .map(SourceJson::of)
                        .map(Answer::ok)
                        .orElseThrow(() -> ApiException.notFound("source")));
    }

    private Answer list(Request request) {
        var states = Arrays.stream(SourceState.values()).map(SourceState::slug).toList();
        return list(
                request,
                "/sources",
                new Sources.Filter(
                        request.numberFilter("user"),
                        request.filter("identifier"),
                        request.filter("type"),
                        request.wordFilter("state", states),
                        request.numberFilter("parent")));
    }

    private Answer children(Request request) {
        var organisation = request.caller().organisation();
        long id = request.number("source");
        if (db.tenant(organisation, tx -> sources.find(tx, organisation, id)).isEmpty()) {
            throw ApiException.notFound("source");
        }
        return list(
                request,
                "/sources/" + id + "/children",
                new Sources.Filter(
                        Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.of(id)));
    }

    private Answer list(Request request, String url, Sources.Filter filter) {
        var organisation = request.caller().organisation();
        return db.tenant(organisation, tx -> {
            var slice = sources.list(tx, organisation, filter, request.page());
            return Answer.ok(ListJson.of(slice, url, SourceJson::of));
        });
    }
}
