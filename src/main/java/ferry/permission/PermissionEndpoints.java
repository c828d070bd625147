package ferry.permission;

import ferry.access.Caller;
import ferry.access.Organisations;
import ferry.access.Scopes;
import ferry.db.Database;
import ferry.error.ErrorCode;
import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Endpoints;
import ferry.http.Fields;
import ferry.http.ListJson;
import ferry.http.Request;
import ferry.http.Resends;
import ferry.http.Routes;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/// `/permissions`.
public final class PermissionEndpoints implements Endpoints {
    private static final int LONGEST_IDENTIFIER = 100;

    private final Database db;
    private final Resends resends;
    private final NamedPermissions permissions;
    private final Guard guard;
    private final Log log;

    /// Who may change permissions; the keys' room knows.
    @FunctionalInterface
    public interface Guard {
        /// Lets pass, or throws `missing-scope`.
        void check(Handle tx, Caller caller);
    }

    /// Where changes are noted: the audit log.
    @FunctionalInterface
    public interface Log {
        /// Notes an act of a caller, in the transaction of the change.
        void note(Handle tx, Caller caller, String action, String subject, Map<String, ?> detail, String requestId);
    }

    /// @param permissions the table
    public PermissionEndpoints(Database db, Resends resends, NamedPermissions permissions, Guard guard, Log log) {
        this.db = db;
        this.resends = resends;
        this.permissions = permissions;
        this.guard = guard;
        this.log = log;
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/permissions", this::list);
        routes.post("/permissions", this::create);
        routes.get("/permissions/{id}", this::retrieve);
        routes.post("/permissions/{id}", this::update);
    }

    private Answer create(Request request) throws InterruptedException {
        var fields = request.fields();
        var identifier = identifier(fields);
        if (!fields.has("scopes")) {
            fields.problem("scopes", "is required");
        }
        var scopes = scopes(fields, Scopes.ALL);
        fields.check();
        var caller = request.caller();
        return Answer.created(resends.once(request, NamedPermissionJson.class, tx -> {
            guard.check(tx, caller);
            Organisations.lock(tx, caller.organisation());
            var made = permissions
                    .create(tx, caller.organisation(), identifier, scopes)
                    .orElseThrow(() -> taken(identifier));
            note(tx, request, "permission.create", made);
            return NamedPermissionJson.of(made);
        }));
    }

    /// Changes what the body names.
    private Answer update(Request request) {
        var caller = request.caller();
        var organisation = caller.organisation();
        long id = request.number("permission");
        var fields = request.fields();
        return db.tenant(organisation, tx -> {
            var before = found(tx, request, id);
            guard.check(tx, caller);
            if (before.base()) {
                throw new ApiException(
                        ErrorCode.MISSING_SCOPE, "The organisation's base permission is set by the operator alone.");
            }
            var identifier = fields.node().has("identifier") ? identifier(fields) : before.identifier();
            var scopes = scopes(fields, before.scopes());
            fields.check();
            Organisations.lock(tx, organisation);
            if (permissions.taken(tx, organisation, id, identifier)) {
                throw taken(identifier);
            }
            permissions.update(tx, organisation, id, identifier, scopes);
            var after = found(tx, request, id);
            note(tx, request, "permission.update", after);
            return Answer.ok(NamedPermissionJson.of(after));
        });
    }

    private Answer retrieve(Request request) {
        long id = request.number("permission");
        return db.read(
                request.caller().organisation(), tx -> Answer.ok(NamedPermissionJson.of(found(tx, request, id))));
    }

    private Answer list(Request request) {
        var organisation = request.caller().organisation();
        var filter = new NamedPermissions.Filter(request.filter("identifier"));
        return db.read(
                organisation,
                tx -> Answer.ok(ListJson.of(
                        permissions.list(tx, organisation, filter, request.page()),
                        "/permissions",
                        NamedPermissionJson::of)));
    }

    private Permission found(Handle tx, Request request, long id) {
        return permissions
                .find(tx, request.caller().organisation(), id)
                .orElseThrow(() -> ApiException.notFound("permission"));
    }

    private void note(Handle tx, Request request, String action, Permission permission) {
        log.note(
                tx,
                request.caller(),
                action,
                "permission/" + permission.id(),
                Map.of("scopes", permission.scopes().byScope()),
                request.id());
    }

    private static String identifier(Fields fields) {
        var identifier = fields.text("identifier").strip();
        if (identifier.length() > LONGEST_IDENTIFIER) {
            fields.problem("identifier", "is longer than " + LONGEST_IDENTIFIER + " characters");
        }
        if (identifier.equals(NamedPermissions.BASE)) {
            fields.problem("identifier", "is the name of the organisation's base permission");
        }
        return identifier;
    }

    private static Scopes scopes(Fields fields, Scopes before) {
        var node = fields.node().get("scopes");
        return node == null ? before : new ScopesReader("scopes", fields::problem).read(node);
    }

    private static ApiException taken(String identifier) {
        return new ApiException(ErrorCode.CONFLICT, "There is a permission \"" + identifier + "\" already.");
    }
}
