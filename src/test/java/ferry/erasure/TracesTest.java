package ferry.erasure;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.OrgId;
import ferry.db.Plans;
import ferry.testing.TestApp;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.Test;

/// What finds a user's rows does so by an index, also on a connection whose plans are from before there were any.
class TracesTest {
    /// Each with two tasks. Where every one is compared with every other this takes minutes.
    private static final int SESSIONS = 20_000;

    @Test
    void aPlanForNobodysRowsAlsoFindsThoseOfAUserWhoHasThousands() {
        try (var app = TestApp.start()) {
            var organisation = app.first().id();
            var client = app.client();
            var user = client.user("busy");
            client.session(user, "mocks.mock", "m", "'password': 'x'");
            var traces = new Traces(organisation, Long.parseLong(user));

            app.db().tenantDo(organisation, tx -> {
                Plans.byIndex(tx);
                // Once it has run a few times, a connection plans a statement for good.
                for (int i = 0; i < 15; i++) {
                    tx.execute("savepoint before");
                    traces.lockTasks(tx);
                    traces.erase(tx);
                    tx.execute("rollback to savepoint before");
                }
                fill(tx, organisation, user);
                tx.execute("set local statement_timeout = '20s'");

                assertThat(traces.lockTasks(tx)).isEmpty();
                traces.erase(tx);

                assertThat(count(tx, "task")).isZero();
                assertThat(count(tx, "session")).isZero();
            });
        }
    }

    private static void fill(Handle tx, OrgId organisation, String user) {
        tx.createUpdate("""
                        insert into session (id, organisation, key, end_user, source, state, error, date_created,
                                             date_used)
                        select gen_random_uuid(), s.organisation, s.key, s.end_user, s.source, 'expired',
                               'organisation', now(), now()
                          from session s, generate_series(1, :sessions)
                         where s.organisation = :organisation and s.end_user = cast(:user as bigint)
                        """)
                .bind("sessions", SESSIONS)
                .bind("organisation", organisation.value())
                .bind("user", user)
                .execute();
        tx.createUpdate("""
                        insert into task (id, organisation, key, end_user, source, session, type, state, date_created,
                                          date_completed)
                        select gen_random_uuid(), s.organisation, s.key, s.end_user, s.source, s.id, 'poll',
                               'succeeded', now(), now()
                          from session s, generate_series(1, 2)
                        """).execute();
    }

    private static long count(Handle tx, String table) {
        return tx.createQuery("select count(*) from " + table).mapTo(long.class).one();
    }
}
