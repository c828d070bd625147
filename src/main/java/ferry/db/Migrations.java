package ferry.db;

import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.configuration.FluentConfiguration;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;

/// Brings a database to this program's schema, and sees to the two roles. Any number of nodes may do so at once: they
/// take turns under an advisory lock, and all but the first find nothing to do.
public final class Migrations {
    /// "ferry" in ASCII. Any number will do that nobody else locks in this database.
    private static final long LOCK = 0x6665727279L;

    private static final int OLDEST_POSTGRES = 150000;
    private static final String INVALID_PASSWORD = "28P01";
    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    private Migrations() {}

    /// Runs as the owner of the database, who must be allowed to create roles when the roles are missing.
    public static void run(Login owner, Roles roles) {
        run(owner, roles, _ -> {});
    }

    /// As [#run(Login, Roles)], after a look that may refuse by throwing: before it nothing is changed.
    public static void run(Login owner, Roles roles, Consumer<Handle> look) {
        run(owner, roles, look, MigrationVersion.LATEST);
    }

    /// Brings the database to an older schema than this program's.
    static void runTo(Login owner, Roles roles, String version) {
        run(owner, roles, _ -> {}, MigrationVersion.fromVersion(version));
    }

    /// The version of the schema that this program knows.
    static MigrationVersion newest(Login owner) {
        return Arrays.stream(flyway(owner).load().info().all())
                .filter(migration -> migration.getState().isResolved())
                .map(MigrationInfo::getVersion)
                .max(MigrationVersion::compareTo)
                .orElseThrow();
    }

    /// The version of the schema that is there; nothing before the first migration.
    static Optional<MigrationVersion> present(Handle tx) {
        var migrated = tx.createQuery("select to_regclass('flyway_schema_history') is not null")
                .mapTo(Boolean.class)
                .one();
        return !migrated
                ? Optional.empty()
                : tx
                        .createQuery("select version from flyway_schema_history where success and version is not null")
                        .mapTo(String.class)
                        .stream()
                        .map(MigrationVersion::fromVersion)
                        .max(MigrationVersion::compareTo);
    }

    private static void run(Login owner, Roles roles, Consumer<Handle> look, MigrationVersion target) {
        try {
            Jdbi.create(owner.url(), owner.user(), owner.password()).useHandle(tx -> {
                requireVersion(tx);
                // Held by the session and outside a transaction: a migration may then do what no transaction allows.
                tx.execute("select pg_advisory_lock(?)", LOCK);
                try {
                    look.accept(tx);
                    see(tx, owner, roles.tenant(), roles.tenantPassword());
                    see(tx, owner, roles.system(), roles.systemPassword());
                    migrate(owner, roles, target);
                } finally {
                    tx.execute("select pg_advisory_unlock(?)", LOCK);
                }
            });
        } catch (ConnectionException e) {
            throw new DatabaseException("Cannot sign in to the database as " + owner + ": " + reason(e), e);
        }
    }

    /// What runs there, such as `PostgreSQL 18.1`, if it is new enough.
    static String serverOf(Login owner) {
        try (var tx = Jdbi.create(owner.url(), owner.user(), owner.password()).open()) {
            requireVersion(tx);
            return "PostgreSQL "
                    + tx.createQuery("select current_setting('server_version')")
                            .mapTo(String.class)
                            .one();
        } catch (ConnectionException e) {
            throw new DatabaseException("Cannot sign in to the database as " + owner + ": " + reason(e), e);
        }
    }

    private static void requireVersion(Handle tx) {
        int version = tx.createQuery("select current_setting('server_version_num')::int")
                .mapTo(Integer.class)
                .one();
        if (version < OLDEST_POSTGRES) {
            throw new DatabaseException("Ferry needs PostgreSQL 15 or later, and this server is " + version / 10000
                    + "; name a newer one in FERRY_DATABASE_URL.");
        }
    }

    private static void see(Handle tx, Login owner, String role, String password) {
        try {
            if (powers(tx, role).isEmpty()) {
                tx.execute("create role " + role
                        + " login nosuperuser nocreatedb nocreaterole noinherit nobypassrls noreplication");
                Passwords.set(tx, role, password);
            } else if (!opens(new Login(owner.url(), role, password))) {
                Passwords.set(tx, role, password);
            }
            tx.execute("grant connect on database " + database(tx) + " to " + role);
        } catch (UnableToExecuteStatementException e) {
            throw refused(owner, role, e);
        }
        requireHarmless(role, powers(tx, role));
    }

    private static List<Boolean> powers(Handle tx, String role) {
        return tx.createQuery("""
                        select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication
                               or exists (select from pg_class where relowner = r.oid)
                          from pg_roles r where rolname = :role
                        """).bind("role", role).mapTo(Boolean.class).list();
    }

    private static void requireHarmless(String role, List<Boolean> powers) {
        if (!powers.equals(List.of(false))) {
            throw new DatabaseException("The role " + role + " has rights that would step around row security; "
                    + "make it: alter role " + role + " nosuperuser nobypassrls nocreaterole nocreatedb noreplication");
        }
    }

    private static String database(Handle tx) {
        return tx.createQuery("select quote_ident(current_database())")
                .mapTo(String.class)
                .one();
    }

    private static boolean opens(Login login) {
        try {
            Jdbi.create(login.url(), login.user(), login.password()).open().close();
            return true;
        } catch (ConnectionException e) {
            if (e.getCause() instanceof SQLException cause && INVALID_PASSWORD.equals(cause.getSQLState())) {
                return false;
            }
            throw e;
        }
    }

    private static FluentConfiguration flyway(Login owner) {
        return Flyway.configure()
                .dataSource(owner.url(), owner.user(), owner.password())
                .locations("classpath:db")
                .loggers("slf4j");
    }

    private static void migrate(Login owner, Roles roles, MigrationVersion target) {
        var flyway = flyway(owner)
                .target(target)
                .placeholders(Map.of("tenant", roles.tenant(), "system", roles.system()))
                .load();
        try {
            for (MigrationInfo migration : flyway.info().applied()) {
                if (!migration.getState().isResolved()) {
                    throw new DatabaseException("The database has been migrated to version " + migration.getVersion()
                            + ", which this Ferry does not know; start a newer Ferry.");
                }
            }
            flyway.migrate();
        } catch (FlywayException e) {
            throw new DatabaseException("The database could not be migrated: " + e.getMessage(), e);
        }
    }

    private static RuntimeException refused(Login owner, String role, UnableToExecuteStatementException e) {
        return e.getCause() instanceof SQLException cause && INSUFFICIENT_PRIVILEGE.equals(cause.getSQLState())
                ? lacking(owner, role, e)
                : e;
    }

    private static DatabaseException lacking(Login owner, String role, Exception e) {
        return new DatabaseException(
                "The user " + owner.user() + " may not create or change the role " + role
                        + "; allow it as superuser: alter role " + owner.user() + " createrole",
                e);
    }

    private static String reason(ConnectionException e) {
        return e.getCause() == null ? "no answer" : String.valueOf(e.getCause().getMessage());
    }
}
