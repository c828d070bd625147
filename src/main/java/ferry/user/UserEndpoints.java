package ferry.user;

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
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// `/users`.
public final class UserEndpoints implements Endpoints {
    private static final int LONGEST_IDENTIFIER = 512;
    private static final List<String> SETTABLE = List.of("active", "deactivated");
    private static final List<String> STATES = List.of("active", "deactivated", "blocked");

    private final Database db;
    private final Users users;
    private final Audit audit;

    /// @param users the table
    public UserEndpoints(Database db, Users users, Audit audit) {
        this.db = db;
        this.users = users;
        this.audit = audit;
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/users", this::list);
        routes.post("/users", this::create);
        routes.get("/users/{id}", this::retrieve);
        routes.post("/users/{id}", this::update);
    }

    /// Get-or-create: clients call it again for the same person, and re-send it blindly (ricloud-api 8).
    private Answer create(Request request) {
        var fields = request.fields();
        var identifier = fields.text("identifier");
        checkLength(fields, identifier);
        fields.check();
        var caller = request.caller();
        var got = db.tenant(caller.organisation(), tx -> users.getOrCreate(tx, caller, identifier));
        return new Answer(got.made() ? 201 : 200, UserJson.of(got.user()));
    }

    private static void checkLength(Fields fields, String identifier) {
        if (identifier.length() > LONGEST_IDENTIFIER) {
            fields.problem("identifier", "is longer than " + LONGEST_IDENTIFIER + " characters");
        }
    }

    private Answer retrieve(Request request) {
        var organisation = request.caller().organisation();
        return db.tenant(
                organisation,
                tx -> users.find(tx, organisation, request.number("user"))
                        .map(UserJson::of)
                        .map(Answer::ok)
                        .orElseThrow(() -> ApiException.notFound("user")));
    }

    /// Another identifier, or switched off and on again. What a switched-off user's sources and sessions may do
    /// is read off it by whoever uses them.
    private Answer update(Request request) {
        var caller = request.caller();
        return db.tenant(caller.organisation(), tx -> {
            var user = users.lock(tx, caller.organisation(), request.number("user"))
                    .orElseThrow(() -> ApiException.notFound("user"));
            var fields = request.fields();
            var identifier =
                    fields.has("identifier") ? Optional.of(fields.text("identifier")) : Optional.<String>empty();
            identifier.ifPresent(text -> checkLength(fields, text));
            var state = fields.optionalText("state");
            state.filter(word -> !SETTABLE.contains(word))
                    .ifPresent(_ -> fields.problem("state", "is none of " + String.join(", ", SETTABLE)));
            fields.check();
            if (state.isPresent() && user.state().equals("blocked")) {
                throw new ApiException(ErrorCode.CONFLICT, "The operator has blocked this user.");
            }
            users.update(tx, user, identifier, state);
            audit.note(
                    tx,
                    caller,
                    "user.update",
                    "user/" + user.id(),
                    Map.of("user", user.id(), "identifier_changed", identifier.isPresent(), "state", state.orElse("")),
                    request.id());
            return Answer.ok(
                    UserJson.of(users.find(tx, caller.organisation(), user.id()).orElseThrow()));
        });
    }

    private Answer list(Request request) {
        var organisation = request.caller().organisation();
        var filter = new Users.Filter(
                request.filter("identifier"), request.numberFilter("key"), request.wordFilter("state", STATES));
        return db.tenant(organisation, tx -> {
            var slice = users.list(tx, organisation, filter, request.page());
            return Answer.ok(ListJson.of(slice, "/users", UserJson::of));
        });
    }
}
