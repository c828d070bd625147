package ferry.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.testing.Databases;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RowSecurityTest {
    private static final Tenant FIRST = () -> 1;
    private static final Tenant SECOND = () -> 2;

    private final Databases.Logins logins = Databases.freshLogins();
    private final Database db = logins.open(2);

    @BeforeAll
    void twoOrganisationsWithAUserEach() {
        db.systemDo(tx -> {
            for (var organisation : List.of(1, 2)) {
                tx.execute(
                        "insert into organisation (organisation, name, slug, scopes, data_keys, file_keys, date_created)"
                                + " values (?, 'An organisation', ?, '[]', '', '', now())",
                        organisation,
                        "slug-" + organisation);
                tx.execute(
                        "insert into audit (organisation, action, subject, date_created) values (?, 'made', 'x', now())",
                        organisation);
            }
        });
    }

    @AfterAll
    void close() {
        db.close();
    }

    @Test
    void aTenantSeesOnlyItsRowsWithoutAPredicate() {
        assertThat(organisationsSeenBy(FIRST)).containsExactly(1L);
        assertThat(organisationsSeenBy(SECOND)).containsExactly(2L);
    }

    @Test
    void withoutAnOrganisationAQueryFails() {
        try (var tx = as(logins.tenant()).open()) {
            assertThatThrownBy(() -> tx.execute("select organisation from organisation"))
                    .hasMessageContaining("unrecognized configuration parameter \"ferry.organisation\"");
            tx.useTransaction(inside -> inside.execute("select set_config('ferry.organisation', '1', true)"));
            assertThatThrownBy(() -> tx.execute("select organisation from organisation"))
                    .hasMessageContaining("invalid input syntax for type bigint: \"\"");
        }
    }

    @Test
    void theOrganisationEndsWithItsTransaction() {
        try (var one = logins.open(1)) {
            assertThat(one.<String>tenant(FIRST, RowSecurityTest::organisation)).isEqualTo("1");
            assertThat(one.<String>tenant(SECOND, RowSecurityTest::organisation))
                    .isEqualTo("2");
        }
    }

    @Test
    void aTenantWritesForItselfOnly() {
        assertThatThrownBy(() -> db.tenantDo(FIRST, tx -> audit(tx, 2))).hasMessageContaining("row-level security");
        assertThat(db.<Integer>tenant(
                        FIRST, tx -> tx.execute("update organisation set name = 'x' where organisation = 2")))
                .isZero();
    }

    @Test
    void nobodyChangesTheAuditLog() {
        for (var login : List.of(logins.tenant(), logins.system())) {
            assertDenied(login, "update audit set action = 'other'");
            assertDenied(login, "delete from audit");
            assertDenied(login, "truncate audit");
        }
    }

    @Test
    void theRolesCanMakeNothing() {
        for (var login : List.of(logins.tenant(), logins.system())) {
            assertDenied(login, "create table mine (id int)");
            assertDenied(login, "alter table audit disable row level security");
            assertDenied(login, "create role another");
            assertDenied(login, "set role ferry_owner");
        }
    }

    @Test
    void theRolesAreNeitherSuperuserNorOwner() {
        List<Boolean> powers = as(logins.tenant())
                .withHandle(tx -> tx.createQuery("""
                        select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb
                               or exists (select from pg_class where relowner = r.oid)
                               or exists (select from pg_auth_members where member = r.oid)
                          from pg_roles r where rolname in ('ferry_tenant', 'ferry_system')
                        """).mapTo(Boolean.class).list());
        assertThat(powers).containsExactly(false, false);
    }

    @Test
    void theSystemRoleSeesAll() {
        List<Long> seen = db.system(tx -> tx.createQuery("select organisation from organisation order by 1")
                .mapTo(Long.class)
                .list());
        assertThat(seen).containsExactly(1L, 2L);
    }

    @Test
    void whatTheTenantRoleMayTouchHasRowSecurity() {
        List<String> open = as(logins.owner())
                .withHandle(tx -> tx.createQuery("""
                        select c.relname from pg_class c
                         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f')
                           and has_any_column_privilege('ferry_tenant', c.oid, 'select, insert, update')
                           and not (c.relrowsecurity and exists (
                                 select from pg_policy p where p.polrelid = c.oid
                                    and pg_get_expr(p.polqual, p.polrelid) like '%ferry.organisation%'
                                    and p.polroles = array['ferry_tenant'::regrole::oid]))
                        """).mapTo(String.class).list());
        assertThat(open).isEmpty();
    }

    @Test
    void anotherFreshDatabaseIsEmpty() {
        try (var other = Databases.fresh()) {
            List<Long> seen = other.system(tx -> tx.createQuery("select organisation from organisation")
                    .mapTo(Long.class)
                    .list());
            assertThat(seen).isEmpty();
        }
    }

    private static void assertDenied(Login login, String statement) {
        assertThatThrownBy(() -> as(login).useTransaction(tx -> {
                    tx.execute("select set_config('ferry.organisation', '1', true)");
                    tx.execute(statement);
                }))
                .hasMessageMatching("(?s).*(permission denied|must be owner).*");
    }

    private static String organisation(Handle tx) {
        return tx.createQuery("select current_setting('ferry.organisation')")
                .mapTo(String.class)
                .one();
    }

    private static void audit(Handle tx, int organisation) {
        tx.execute(
                "insert into audit (organisation, action, subject, date_created) values (?, 'made', 'x', now())",
                organisation);
    }

    private static Jdbi as(Login login) {
        return Jdbi.create(login.url(), login.user(), login.password());
    }

    private List<Long> organisationsSeenBy(Tenant tenant) {
        return db.tenant(
                tenant,
                tx -> tx.createQuery("select organisation from organisation")
                        .mapTo(Long.class)
                        .list());
    }
}
