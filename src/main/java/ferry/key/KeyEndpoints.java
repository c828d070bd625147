package ferry.key;

import ferry.db.Database;
import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Endpoints;
import ferry.http.Request;
import ferry.http.Routes;

/// `GET /key`: the key that asks.
public final class KeyEndpoints implements Endpoints {
    private final Database db;
    private final Keys keys;

    /// @param keys the table
    public KeyEndpoints(Database db, Keys keys) {
        this.db = db;
        this.keys = keys;
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/key", this::current);
    }

    private Answer current(Request request) {
        var caller = request.caller();
        return db.tenant(
                caller.organisation(),
                tx -> keys.find(tx, caller.organisation(), caller.key())
                        .map(KeyJson::of)
                        .map(Answer::ok)
                        .orElseThrow(() -> ApiException.notFound("key")));
    }
}
