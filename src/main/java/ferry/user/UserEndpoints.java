package ferry.user;

import ferry.db.Database;
import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Endpoints;
import ferry.http.ListJson;
import ferry.http.Request;
import ferry.http.Routes;

/// `/users`.
public final class UserEndpoints implements Endpoints {
    private static final int LONGEST_IDENTIFIER = 512;

    private final Database db;
    private final Users users;

    /// @param users the table
    public UserEndpoints(Database db, Users users) {
        this.db = db;
        this.users = users;
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/users", this::list);
        routes.post("/users", this::create);
        routes.get("/users/{id}", this::retrieve);
    }

    /// Get-or-create: clients call it again for the same person, and re-send it blindly (ricloud-api 8).
    private Answer create(Request request) {
        var fields = request.fields();
        var identifier = fields.text("identifier");
        if (identifier.length() > LONGEST_IDENTIFIER) {
            fields.problem("identifier", "is longer than " + LONGEST_IDENTIFIER + " characters");
        }
        fields.check();
        var caller = request.caller();
        var got = db.tenant(caller.organisation(), tx -> users.getOrCreate(tx, caller, identifier));
        return new Answer(got.made() ? 201 : 200, UserJson.of(got.user()));
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

    private Answer list(Request request) {
        var organisation = request.caller().organisation();
        return db.tenant(organisation, tx -> {
            var slice = users.list(tx, organisation, request.filter("identifier"), request.page());
            return Answer.ok(ListJson.of(slice, "/users", UserJson::of));
        });
    }
}
