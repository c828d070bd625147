package ferry.erasure;

import ferry.audit.Audit;
import ferry.db.Database;
import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Endpoints;
import ferry.http.Request;
import ferry.http.Routes;
import ferry.key.Keys;
import ferry.user.UserJson;
import ferry.user.Users;
import java.util.Map;

/// `DELETE /users/{id}`, which is ours: everything that Ferry holds of a person goes.
public final class ErasureEndpoints implements Endpoints {
    private final Database db;
    private final Users users;
    private final Erasure erasure;
    private final Keys keys;
    private final Audit audit;

    /// @param erasure does it
    /// @param keys tells who may
    public ErasureEndpoints(Database db, Users users, Erasure erasure, Keys keys, Audit audit) {
        this.db = db;
        this.users = users;
        this.erasure = erasure;
        this.keys = keys;
        this.audit = audit;
    }

    @Override
    public void routes(Routes routes) {
        routes.delete("/users/{id}", this::delete);
    }

    /// The mark commits first: from then on nothing new starts for the user, and whatever happens to this process
    /// the erasure is finished. However much there is of the user, the request ends only some of what is under way.
    private Answer delete(Request request) {
        var caller = request.caller();
        var id = request.number("user");
        var user = db.tenant(caller.organisation(), tx -> {
            keys.checkMayManage(tx, caller);
            var marked = users.delete(tx, caller.organisation(), id).orElseThrow(() -> ApiException.notFound("user"));
            audit.note(tx, caller, "user.delete", "user/" + id, Map.of("user", id), request.id());
            return marked;
        });
        erasure.begin(caller.organisation(), id);
        return Answer.ok(UserJson.deleted(user));
    }
}
