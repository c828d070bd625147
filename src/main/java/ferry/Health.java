package ferry;

import ferry.db.Database;
import ferry.http.Api;
import ferry.http.Endpoints;
import ferry.http.Routes;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/// `GET /health`: 200 once requests can be answered, 503 while the database is away. Needs no token.
///
/// What was found is told to all who ask within a second: however many watch this node, they take no connection from
/// those who work with it.
final class Health implements Endpoints {
    private static final Duration GOOD_FOR = Duration.ofSeconds(1);

    private final Database db;
    private final LongSupplier nanos;
    private final ReentrantLock looking = new ReentrantLock();
    private volatile Look last;

    /// @param at when the look ended
    private record Look(boolean ready, long at) {}

    /// @param nanos as [System#nanoTime]
    Health(Database db, LongSupplier nanos) {
        this.db = db;
        this.nanos = nanos;
        this.last = new Look(false, nanos.getAsLong() - GOOD_FOR.toNanos());
    }

    @Override
    public void routes(Routes routes) {
        routes.open("GET", "/health", (exchange, _) -> {
            if (isReady()) {
                Api.respond(exchange, 200, Map.of("status", "ok", "version", Version.TEXT));
            } else {
                Api.respond(exchange, 503, Map.of("status", "database-away", "version", Version.TEXT));
            }
        });
    }

    /// Whether the database answers, or did within the last second. Who asks while somebody looks waits for that.
    boolean isReady() {
        var known = last;
        if (isGood(known)) {
            return known.ready();
        }
        looking.lock();
        try {
            if (!isGood(last)) {
                last = new Look(answers(), nanos.getAsLong());
            }
            return last.ready();
        } finally {
            looking.unlock();
        }
    }

    private boolean isGood(Look look) {
        return nanos.getAsLong() - look.at() < GOOD_FOR.toNanos();
    }

    private boolean answers() {
        try {
            db.system(tx -> tx.createQuery("select 1").mapTo(int.class).one());
            return true;
        } catch (RuntimeException _) {
            return false;
        }
    }
}
