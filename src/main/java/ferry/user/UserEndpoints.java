package ferry.user;

import ferry.access.Caller;
import ferry.access.OrgId;
import ferry.access.Organisation;
import ferry.access.Organisations;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/// `/users`.
public final class UserEndpoints implements Endpoints {
    private static final int LONGEST_IDENTIFIER = 512;
    private static final List<String> SETTABLE = List.of("active", "deactivated");
    private static final List<String> STATES = List.of("active", "deactivated", "blocked");

    private final Database db;
    private final Users users;
    private final Organisations organisations;
    private final ActiveKey keys;
    private final Audit audit;
    private final SharedReads<OrgId, Long, User> reads;

    /// @param users the table
    /// @param organisations which of them is super
    /// @param keys under which a user may be made
    public UserEndpoints(Database db, Users users, Organisations organisations, ActiveKey keys, Audit audit) {
        this.db = db;
        this.users = users;
        this.organisations = organisations;
        this.keys = keys;
        this.audit = audit;
        this.reads = new SharedReads<>(
                (organisation, ids) -> db.read(organisation, tx -> users.find(tx, organisation, ids)));
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
        var key = fields.optionalNumber("key");
        var other = fields.optionalNumber("organisation");
        fields.check();
        var organisation = request.caller().organisation();
        var got = other.isPresent()
                ? db.system(tx -> forAnother(tx, request, new OrgId(other.get()), identifier, key))
                : db.tenant(
                        organisation,
                        tx -> users.getOrCreate(tx, organisation, key(tx, request.caller(), key), identifier));
        return new Answer(got.made() ? 201 : 200, UserJson.of(got.user()));
    }

    private long key(Handle tx, Caller caller, Optional<Long> key) {
        return key.isEmpty() ? caller.key() : active(tx, caller.organisation(), key);
    }

    private long active(Handle tx, OrgId organisation, Optional<Long> key) {
        return keys.active(tx, organisation, key)
                .orElseThrow(() -> key.isPresent()
                        ? ApiException.parameter("key", "is not an active key of the organisation")
                        : new ApiException(ErrorCode.CONFLICT, "The organisation has no active key."));
    }

    /// For a super organisation alone; under the other's oldest active key where none is named. It is the one thing
    /// that reaches into another organisation, and both audit logs tell of it.
    private Users.Got forAnother(Handle tx, Request request, OrgId other, String identifier, Optional<Long> key) {
        var caller = request.caller();
        if (!organisations
                .find(tx, caller.organisation())
                .map(Organisation::isSuper)
                .orElse(false)) {
            throw new ApiException(
                    ErrorCode.MISSING_SCOPE, "Only a super organisation makes users for an organisation by its id.");
        }
        if (organisations.find(tx, other).isEmpty()) {
            throw ApiException.parameter("organisation", "is not an organisation");
        }
        var got = users.getOrCreate(tx, other, active(tx, other, key), identifier);
        var user = got.user().id();
        var act = got.made() ? "user.create" : "user.retrieve";
        audit.note(
                tx,
                caller,
                act,
                "organisation/" + other + "/user/" + user,
                Map.of("organisation", other.value()),
                request.id());
        if (!other.equals(caller.organisation())) {
            audit.note(tx, other, act, "user/" + user, Map.of("by", "organisation/" + caller.organisation()));
        }
        return got;
    }

    private static void checkLength(Fields fields, String identifier) {
        if (identifier.length() > LONGEST_IDENTIFIER) {
            fields.problem("identifier", "is longer than " + LONGEST_IDENTIFIER + " characters");
        }
    }

    private Answer retrieve(Request request) {
        return reads.find(request.caller().organisation(), request.number("user"))
                .map(UserJson::of)
                .map(Answer::ok)
                .orElseThrow(() -> ApiException.notFound("user"));
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
            return Answer.ok(UserJson.of(
                    users.find(tx, caller.organisation(), user.id()).orElseThrow(() -> ApiException.notFound("user"))));
        });
    }

    private Answer list(Request request) {
        var organisation = request.caller().organisation();
        var filter = new Users.Filter(
                request.filter("identifier"), request.numberFilter("key"), request.wordFilter("state", STATES));
        return db.read(organisation, tx -> {
            var slice = users.list(tx, organisation, filter, request.page());
            return Answer.ok(ListJson.of(slice, "/users", UserJson::of));
        });
    }
}
