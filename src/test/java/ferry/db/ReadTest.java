package ferry.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.testing.Databases;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// Reads without a transaction around them: the organisation goes with each query, and stays with none.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ReadTest {
    private static final Tenant FIRST = () -> 1;
    private static final Tenant SECOND = () -> 2;

    private final Databases.Logins logins = Databases.freshLogins();
    private final Database db = logins.open(2);

    @BeforeAll
    void twoOrganisations() {
        db.systemDo(tx -> {
            for (var organisation : List.of(1, 2)) {
                tx.execute(
                        "insert into organisation (organisation, name, slug, scopes, data_keys, file_keys, date_created)"
                                + " values (?, 'An organisation', ?, '[]', '', '', now())",
                        organisation,
                        "slug-" + organisation);
            }
        });
    }

    @AfterAll
    void close() {
        db.close();
    }

    @Test
    void eachQueryOfAReadSeesItsOrganisationOnly() {
        List<List<Long>> seen = db.read(SECOND, tx -> List.of(organisations(tx), organisations(tx)));
        assertThat(seen).containsExactly(List.of(2L), List.of(2L));
    }

    @Test
    void parametersGoToTheQueryTheyAreNamedIn() {
        List<Long> seen = db.read(
                FIRST,
                tx -> tx.createQuery("select organisation from organisation where slug = :slug and :number = 7")
                        .bind("slug", "slug-1")
                        .bind("number", 7)
                        .mapTo(Long.class)
                        .list());
        assertThat(seen).containsExactly(1L);
    }

    @Test
    void theConnectionForgetsTheOrganisationWithTheQuery() throws SQLException {
        try (var tx = Jdbi.create(
                        logins.tenant().url(),
                        logins.tenant().user(),
                        logins.tenant().password())
                .open()) {
            NarrowedQueries.narrow(tx, FIRST);
            // more than it takes for the driver to keep it prepared on the server
            for (int i = 0; i < 20; i++) {
                assertThat(organisations(tx)).containsExactly(1L);
                assertThat(organisation(tx)).isNullOrEmpty();
            }
            assertThatThrownBy(() -> tx.createQuery("select 1 / (organisation - 1) from organisation")
                            .mapTo(Long.class)
                            .list())
                    .hasMessageContaining("division by zero");
            assertThat(organisation(tx)).isNullOrEmpty();
            assertThat(organisations(tx)).containsExactly(1L);
        }
    }

    /// As the next one who got it from the pool would ask.
    private static String organisation(Handle tx) throws SQLException {
        try (var statement = tx.getConnection().createStatement();
                var row = statement.executeQuery(
                        "select current_setting('ferry.organisation', true) || (select count(*) from organisation)")) {
            assertThat(row.next()).isTrue();
            var seen = row.getString(1);
            return "0".equals(seen) ? "" : seen;
        }
    }

    @Test
    void aReadWritesNothing() {
        assertThatThrownBy(() -> db.read(FIRST, tx -> tx.execute("update organisation set name = 'x'")))
                .hasMessageContaining("read-only transaction");
        assertThatThrownBy(() -> db.read(
                        FIRST,
                        tx -> tx.createQuery("update organisation set name = 'x' returning organisation")
                                .mapTo(Long.class)
                                .list()))
                .hasMessageContaining("read-only transaction");
        // and the connections can write again
        for (int i = 0; i < 4; i++) {
            assertThat(db.<Integer>tenant(FIRST, tx -> tx.execute("update organisation set name = 'An organisation'")))
                    .isOne();
        }
    }

    @Test
    void organisationsThatShareConnectionsNeverSeeEachOther() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var all = new ArrayList<Future<?>>();
            for (int i = 0; i < 8; i++) {
                var tenant = i % 2 == 0 ? FIRST : SECOND;
                boolean inTransactions = i < 2;
                all.add(threads.submit(() -> {
                    for (int j = 0; j < 300; j++) {
                        List<Long> seen = inTransactions
                                ? db.tenant(tenant, ReadTest::organisations)
                                : db.read(tenant, ReadTest::organisations);
                        assertThat(seen).containsExactly(tenant.value());
                    }
                }));
            }
            for (var one : all) {
                one.get();
            }
        }
    }

    private static List<Long> organisations(Handle tx) {
        return tx.createQuery("select organisation from organisation")
                .mapTo(Long.class)
                .list();
    }
}
