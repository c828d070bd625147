package ferry.http;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.OrgId;
import ferry.access.Organisations;
import ferry.access.Scopes;
import ferry.crypto.MasterKey;
import ferry.db.Database;
import ferry.testing.Databases;
import ferry.testing.TestClock;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jdbi.v3.core.Handle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The total of a list is the number of its rows, at every moment.
class TotalsTest {
    private Database db;
    private final List<OrgId> organisations = new ArrayList<>();

    @BeforeEach
    void open() {
        db = Databases.freshLogins().open(12);
        var table = new Organisations(
                new TestClock(), MasterKey.generate(new SecureRandom()).sealer());
        for (var name : List.of("one", "two", "three")) {
            var id = db.system(
                    tx -> table.create(tx, name, name, Scopes.ALL, false).id());
            organisations.add(id);
            db.tenantDo(id, tx -> tx.createUpdate("""
                            insert into api_key (organisation, date_created) values (:o, now())
                            """).bind("o", id.value()).execute());
        }
    }

    @AfterEach
    void close() {
        db.close();
    }

    private static void add(Handle tx, OrgId organisation, String prefix, int number) {
        tx.createUpdate("""
                        insert into end_user (organisation, key, identifier, date_created)
                        select :o, (select min(id) from api_key where organisation = :o), :prefix || n, now()
                          from generate_series(1, :number) n
                        """)
                .bind("o", organisation.value())
                .bind("prefix", prefix)
                .bind("number", number)
                .execute();
    }

    private static void removeSome(Handle tx, OrgId organisation, int most) {
        tx.createUpdate("""
                        delete from end_user where id in (
                          select id from end_user where organisation = :o order by random() limit :most
                             for update skip locked)
                        """).bind("o", organisation.value()).bind("most", most).execute();
    }

    /// As of one moment: total and count in one snapshot.
    private boolean isExact(OrgId organisation) {
        return db.tenant(
                organisation,
                tx -> tx.createQuery("""
                        select (select count(*) from end_user where organisation = :o)
                             = coalesce((select total from list_total where organisation = :o and list = 'end_user'), 0)
                             + coalesce((select sum(change) from list_change
                                          where organisation = :o and list = 'end_user'), 0)
                        """)
                        .bind("o", organisation.value())
                        .mapTo(boolean.class)
                        .one());
    }

    private static final class Undone extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private void changeAtRandom(int seed) {
        var random = new Random(seed);
        for (int i = 0; i < 60; i++) {
            var organisation = organisations.get(random.nextInt(organisations.size()));
            var prefix = seed + "/" + i + "/";
            try {
                db.tenantDo(organisation, tx -> {
                    if (random.nextBoolean()) {
                        add(tx, organisation, prefix, random.nextInt(5));
                    }
                    if (random.nextBoolean()) {
                        removeSome(tx, organisation, random.nextInt(4));
                    }
                    if (random.nextInt(4) == 0) {
                        throw new Undone();
                    }
                });
            } catch (Undone _) {
                // nothing of it happened
            }
        }
    }

    @Test
    void totalsAreExactWhileManyAddDeleteUndoAndFold() throws Exception {
        var over = new AtomicBoolean();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var changes = new ArrayList<Future<?>>();
            for (int seed = 0; seed < 5; seed++) {
                int mine = seed;
                changes.add(threads.submit(() -> changeAtRandom(mine)));
            }
            var others = new ArrayList<Future<?>>();
            for (int i = 0; i < 2; i++) {
                others.add(threads.submit(() -> {
                    while (!over.get()) {
                        db.systemDo(Totals::fold);
                    }
                }));
            }
            others.add(threads.submit(() -> {
                while (!over.get()) {
                    organisations.forEach(
                            organisation -> assertThat(isExact(organisation)).isTrue());
                }
            }));
            try {
                for (var change : changes) {
                    change.get();
                }
            } finally {
                over.set(true);
            }
            for (var other : others) {
                other.get();
            }
        }
        organisations.forEach(organisation -> assertThat(isExact(organisation)).isTrue());
        db.systemDo(Totals::fold);
        for (var organisation : organisations) {
            long rows = db.tenant(
                    organisation,
                    tx -> tx.createQuery("select count(*) from end_user")
                            .mapTo(long.class)
                            .one());
            assertThat(db.<Long>read(
                            organisation,
                            tx -> tx.createQuery("select " + Totals.of("end_user"))
                                    .bind("organisation", organisation.value())
                                    .mapTo(long.class)
                                    .one()))
                    .isEqualTo(rows);
        }
        organisations.forEach(organisation -> assertThat(isExact(organisation)).isTrue());
        assertThat(db.<Integer>system(Totals::fold)).isZero();
    }

    @Test
    void neitherRoleOfATenantWritesTotals() {
        var one = organisations.getFirst();
        var refused = 0;
        for (var statement : List.of(
                "insert into list_change (organisation, list, change) values (" + one + ", 'end_user', 5)",
                "update list_total set total = 5",
                "delete from list_change")) {
            try {
                db.tenantDo(one, tx -> tx.execute(statement));
            } catch (org.jdbi.v3.core.statement.UnableToExecuteStatementException _) {
                refused++;
            }
        }
        assertThat(refused).isEqualTo(3);
    }
}
