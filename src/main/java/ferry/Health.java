package ferry;

import ferry.db.Database;
import ferry.http.Api;
import ferry.http.Endpoints;
import ferry.http.Routes;
import java.util.Map;

/// `GET /health`: 200 once requests can be answered, 503 while the database is away. Needs no token.
final class Health implements Endpoints {
    private final Database db;

    Health(Database db) {
        this.db = db;
    }

    @Override
    public void routes(Routes routes) {
        routes.open("GET", "/health", (exchange, _) -> {
            try {
                db.system(tx -> tx.createQuery("select 1").mapTo(int.class).one());
                Api.respond(exchange, 200, Map.of("status", "ok", "version", Version.TEXT));
            } catch (RuntimeException _) {
                Api.respond(exchange, 503, Map.of("status", "database-away", "version", Version.TEXT));
            }
        });
    }
}
