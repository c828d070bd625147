package ferry.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.testing.Databases;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
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

    /// Of every type, again and again: the driver must not come to send query and organisation apart, as it does
    /// where it has to ask the server for a parameter's type.
    @Test
    void noParameterTakesTheQueryFromItsOrganisation() {
        try (var tx = connection()) {
            NarrowedQueries.narrow(tx, FIRST);
            for (int i = 0; i < 20; i++) {
                assertThat(tx.createQuery("""
                                        select slug from organisation
                                         where slug = :slug and :number = 7 and :long = 8 and date_created <= :moment
                                           and cast(:never as timestamptz) is null and cast(:none as bigint) is null
                                           and cast(:nothing as text) is null
                                           and :flag and :id <> :other and 3 = any(:ids) and :bytes = :bytes
                                           and :broken > 0.5
                                        """)
                                .bind("slug", "slug-1")
                                .bind("number", 7)
                                .bind("long", 8L)
                                .bind("moment", Instant.parse("2999-01-01T00:00:00Z"))
                                .bindByType("never", null, Instant.class)
                                .bindByType("none", null, Long.class)
                                .bindByType("nothing", null, String.class)
                                .bind("flag", true)
                                .bind("id", new UUID(1, 2))
                                .bind("other", new UUID(3, 4))
                                .bindArray("ids", Long.class, List.of(3L))
                                .bind("bytes", new byte[] {1})
                                .bind("broken", 0.7)
                                .mapTo(String.class)
                                .list())
                        .containsExactly("slug-1");
            }
        }
    }

    /// A null without a type is such a parameter.
    @Test
    void aQueryThatCameApartIsAskedAgainInATransaction() {
        for (int i = 0; i < 20; i++) {
            List<String> seen = db.read(
                    FIRST,
                    tx -> tx.createQuery("select slug from organisation where cast(:nobody as uuid) is null")
                            .bind("nobody", Optional.<UUID>empty())
                            .mapTo(String.class)
                            .list());
            assertThat(seen).containsExactly("slug-1");
        }
    }

    private Handle connection() {
        return Jdbi.create(
                        logins.tenant().url(),
                        logins.tenant().user(),
                        logins.tenant().password())
                .registerArgument(new Moments())
                .open();
    }

    @Test
    void theConnectionForgetsTheOrganisationWithTheQuery() throws SQLException {
        try (var tx = connection()) {
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

    /// What the next one who gets the connection finds there.
    private static @Nullable String organisation(Handle tx) throws SQLException {
        try (var statement = tx.getConnection().createStatement();
                var row = statement.executeQuery("select current_setting('ferry.organisation', true)")) {
            assertThat(row.next()).isTrue();
            return row.getString(1);
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
