package ferry.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.testing.Databases;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.flywaydb.core.Flyway;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;

class MigrationsTest {
    @Test
    void twoNodesMayStartAtOnce() throws Exception {
        var logins = Databases.empty();
        var roles = new Roles("twins", "tenant-password", "system-password");
        try (var nodes = Executors.newVirtualThreadPerTaskExecutor()) {
            var starts = new ArrayList<Future<?>>();
            for (int i = 0; i < 2; i++) {
                starts.add(nodes.submit(() -> Migrations.run(logins.owner(), roles)));
            }
            for (var start : starts) {
                start.get();
            }
        }
        var url = logins.owner().url();
        Database.open(roles.tenantAt(url), roles.systemAt(url), 1).close();
    }

    @Test
    void aChangedPasswordIsSetAgain() {
        var logins = Databases.empty();
        var url = logins.owner().url();
        Migrations.run(logins.owner(), new Roles("rotating", "old-1", "old-2"));
        var changed = new Roles("rotating", "new-1", "new-2");
        Migrations.run(logins.owner(), changed);
        Database.open(changed.tenantAt(url), changed.systemAt(url), 1).close();
    }

    @Test
    void keysKeepTheirTokensWhenTokensGetATableOfTheirOwn() {
        var logins = Databases.empty();
        var owner = logins.owner();
        Flyway.configure()
                .dataSource(owner.url(), owner.user(), owner.password())
                .locations("classpath:db")
                .placeholders(Map.of(
                        "tenant", logins.roles().tenant(),
                        "system", logins.roles().system()))
                .target("4")
                .load()
                .migrate();
        as(
                owner,
                "insert into organisation (name, slug, scopes, data_keys, file_keys, date_created)"
                        + " values ('One', 'one', '{}', '', '', now()), ('Two', 'two', '{}', '', '', now())");
        as(
                owner,
                "insert into api_key (organisation, token_hash, date_created)"
                        + " values (1, 'a', now()), (2, 'b', now()), (2, 'c', now())");

        Migrations.run(owner, logins.roles());

        try (var db = logins.open(1)) {
            assertThat(db.<List<String>>system(
                            tx -> tx.createQuery("""
                            select k.organisation || ' ' || k.id || ' ' || encode(t.hash, 'escape') || ' ' || o.permission
                              from api_key k join key_token t on t.key = k.id and t.date_expires is null
                              join organisation o on o.organisation = t.organisation
                             order by k.id
                            """).mapTo(String.class).list()))
                    .containsExactly("1 1 a 1", "2 2 b 2", "2 3 c 2");
        }
    }

    @Test
    void aNewerSchemaIsRefused() {
        var logins = Databases.freshLogins();
        as(
                logins.owner(),
                "insert into flyway_schema_history select 9999, '9999', 'later', 'SQL', 'V9999__later.sql',"
                        + " 1, installed_by, now(), 1, true from flyway_schema_history where version = '001'");
        assertThatThrownBy(() -> Migrations.run(logins.owner(), logins.roles()))
                .isInstanceOf(DatabaseException.class)
                .hasMessageContainingAll("9999", "newer Ferry");
    }

    @Test
    void anOwnerThatMayNotCreateRolesIsToldSo() {
        var logins = Databases.empty();
        as(logins.superuser(), "create role weak login password 'weak'");
        assertThatThrownBy(() ->
                        Migrations.run(new Login(logins.owner().url(), "weak", "weak"), new Roles("unmade", "a", "b")))
                .isInstanceOf(DatabaseException.class)
                .hasMessageContaining("alter role weak createrole");
    }

    @Test
    void aRoleThatStepsAroundRowSecurityIsRefused() {
        var logins = Databases.empty();
        as(logins.superuser(), "create role strong_tenant login superuser password 'a'");
        assertThatThrownBy(() -> Migrations.run(logins.owner(), new Roles("strong", "a", "b")))
                .isInstanceOf(DatabaseException.class)
                .hasMessageContaining("row security");
    }

    @Test
    void aWrongOwnerPasswordIsOneClearLine() {
        var owner = Databases.empty().owner();
        assertThatThrownBy(() -> Migrations.run(
                        new Login(owner.url(), owner.user(), "not-the-one"), new Roles("ferry", "a", "b")))
                .isInstanceOf(DatabaseException.class)
                .hasMessageContaining(owner.user())
                .hasMessageNotContaining("not-the-one");
    }

    @Test
    void aDatabaseThatIsAwaySaysSo() {
        var logins = Databases.freshLogins();
        try (var db = logins.open(1)) {
            assertThatThrownBy(() -> db.systemDo(tx -> {
                        as(
                                logins.superuser(),
                                "select pg_terminate_backend("
                                        + tx.createQuery("select pg_backend_pid()")
                                                .mapTo(Integer.class)
                                                .one() + ")");
                        tx.execute("select 1");
                    }))
                    .isInstanceOf(DatabaseException.Away.class);
            assertThatCode(() -> db.systemDo(tx -> tx.execute("select 1"))).doesNotThrowAnyException();
        }
    }

    @Test
    void aVerifierIsWhatPostgresWouldMake() {
        assertThat(Passwords.verifier("pencil", new byte[16])).matches("SCRAM-SHA-256\\$4096:A{22}==\\$.{44}:.{44}");
    }

    private static void as(Login login, String statement) {
        Jdbi.create(login.url(), login.user(), login.password()).useHandle(tx -> tx.execute(statement));
    }
}
