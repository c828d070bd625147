package ferry.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.testing.Databases;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.Test;

/// A process that stops in the middle of a transaction (a frozen machine, a debugger) must not keep its locks.
class StandingStillTest {
    private final Databases.Logins logins = Databases.freshLogins();

    @Test
    void theServerTakesTheConnectionAwayAfterFiveSeconds() {
        try (var db = logins.open(1)) {
            var limit = db.system(StandingStillTest::limit);
            assertThat(limit).isEqualTo("5s");
        }
    }

    @Test
    void whatStoodStillFindsTheDatabaseAwayAndTheNextTransactionWorks() {
        try (var db = Database.open(impatient(logins.tenant()), impatient(logins.system()), 1)) {
            assertThatThrownBy(() -> db.system(tx -> {
                        var before = limit(tx);
                        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(600));
                        return before + limit(tx);
                    }))
                    .isInstanceOf(DatabaseException.Away.class);
            var limit = db.system(StandingStillTest::limit);
            assertThat(limit).isEqualTo("200ms");
        }
    }

    private static String limit(Handle tx) {
        return tx.createQuery("show idle_in_transaction_session_timeout")
                .mapTo(String.class)
                .one();
    }

    private static Login impatient(Login login) {
        var more = login.url().contains("?") ? "&" : "?";
        return new Login(
                login.url() + more + "options=-c%20idle_in_transaction_session_timeout=200",
                login.user(),
                login.password());
    }
}
