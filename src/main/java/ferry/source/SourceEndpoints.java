package ferry.source;

import ferry.access.OrgId;
import ferry.audit.Audit;
import ferry.db.Database;
import ferry.error.ErrorCode;
import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Endpoints;
import ferry.http.Fields;
import ferry.http.ListJson;
import ferry.http.Request;
import ferry.http.Routes;
import ferry.http.SharedReads;
import ferry.user.Users;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `/sources`.
public final class SourceEndpoints implements Endpoints {
    private static final String ON = SourceState.ACTIVE.slug();
    private static final String OFF = SourceState.DEACTIVATED.slug();

    private final Database db;
    private final Sources sources;
    private final Users users;
    private final Connectors connectors;
    private final Audit audit;
    private final SharedReads<OrgId, Long, Source> reads;

    /// @param connectors which source types there are
    public SourceEndpoints(Database db, Sources sources, Users users, Connectors connectors, Audit audit) {
        this.db = db;
        this.sources = sources;
        this.users = users;
        this.connectors = connectors;
        this.audit = audit;
        this.reads = new SharedReads<>(
                (organisation, ids) -> db.read(organisation, tx -> sources.find(tx, organisation, ids)));
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/sources", this::list);
        routes.post("/sources", this::create);
        routes.get("/sources/{id}", this::retrieve);
        routes.post("/sources/{id}", this::update);
        routes.get("/sources/{id}/children", this::children);
    }

    private Answer create(Request request) {
        var caller = request.caller();
        var wanted = SourceRequest.of(request.fields(), caller, connectors);
        var got = db.tenant(caller.organisation(), tx -> wanted.source(tx, caller, users, sources));
        return new Answer(got.made() ? 201 : 200, SourceJson.of(got.source()));
    }

    private Answer retrieve(Request request) {
        return reads.find(request.caller().organisation(), request.number("source"))
                .map(SourceJson::of)
                .map(Answer::ok)
                .orElseThrow(() -> ApiException.notFound("source"));
    }

    /// Switches the source off or on again. Its sessions are expired while it is off; whoever uses one reads that
    /// off the source.
    private Answer update(Request request) {
        var caller = request.caller();
        return db.tenant(caller.organisation(), tx -> {
            var source = sources.find(tx, caller.organisation(), request.number("source"))
                    .orElseThrow(() -> ApiException.notFound("source"));
            var wanted = wantedState(request.fields());
            if (wanted.isPresent() && mayChange(source.state(), wanted.get())) {
                if (!sources.switchOff(
                        tx, caller.organisation(), source.id(), wanted.get().equals(OFF))) {
                    throw new ApiException(
                            ErrorCode.CONFLICT, "The source was changed at the same time; look at it and ask again.");
                }
                audit.note(
                        tx,
                        caller,
                        "source.update",
                        "source/" + source.id(),
                        Map.of("user", source.user(), "state", wanted.get()),
                        request.id());
            }
            return Answer.ok(SourceJson.of(sources.find(tx, caller.organisation(), source.id())
                    .orElseThrow(() -> ApiException.notFound("source"))));
        });
    }

    private static Optional<String> wantedState(Fields fields) {
        for (var fixed : List.of("user", "type", "identifier", "parent")) {
            if (fields.has(fixed)) {
                fields.problem(fixed, "cannot be changed; create another source");
            }
        }
        var state = fields.optionalText("state");
        state.filter(word -> !word.equals(ON) && !word.equals(OFF))
                .ifPresent(_ -> fields.problem("state", "is none of " + ON + ", " + OFF));
        fields.check();
        return state;
    }

    /// Whether there is something to do.
    ///
    /// @throws ApiException where only somebody else can do it
    private static boolean mayChange(SourceState now, String wanted) {
        if (now == SourceState.BLOCKED) {
            throw new ApiException(ErrorCode.CONFLICT, "The operator has blocked this source.");
        }
        if (now == SourceState.LOCKED && wanted.equals(ON)) {
            throw new ApiException(
                    ErrorCode.CONFLICT, "The service has locked the account; the next session that opens unlocks it.");
        }
        return wanted.equals(OFF) == (now != SourceState.DEACTIVATED);
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
        if (db.read(organisation, tx -> sources.find(tx, organisation, id)).isEmpty()) {
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
        return db.read(organisation, tx -> {
            var slice = sources.list(tx, organisation, filter, request.page());
            return Answer.ok(ListJson.of(slice, url, SourceJson::of));
        });
    }
}
