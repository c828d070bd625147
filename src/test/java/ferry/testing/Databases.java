package ferry.testing;

import ferry.db.DataFolder;
import ferry.db.Database;
import ferry.db.EmbeddedPostgres;
import ferry.db.Login;
import ferry.db.Migrations;
import ferry.db.Roles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.Jdbi;

/// One PostgreSQL for the whole test run, started by the first test that asks, stopped when the JVM ends.
///
/// Each call of [#fresh] gives an empty, migrated database of its own: a copy of one that was migrated once, which
/// takes tens of milliseconds. Call it once a class (or a test), and close the [Database] after it.
public final class Databases {
    private static final Roles ROLES = new Roles("ferry", "tenant-for-tests", "system-for-tests");
    private static final int POOL_SIZE = 4;
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private Databases() {}

    /// A new database, opened as the two roles. The caller closes it.
    public static Database fresh() {
        return freshLogins().open(POOL_SIZE);
    }

    /// A new database and how to sign in to it, for tests that look behind [Database] or open it several times.
    public static Logins freshLogins() {
        var name = "test_" + NUMBER.incrementAndGet();
        var server = Server.RUNNING.postgres;
        var superuser = server.superuser();
        Jdbi.create(superuser.url(), superuser.user(), superuser.password())
                .useHandle(tx -> tx.execute("create database " + name + " template ferry owner ferry_owner"));
        return logins(server, name);
    }

    /// A new database without a table in it. Its owner is `ferry_owner`; the two roles exist.
    public static Logins empty() {
        var name = "test_" + NUMBER.incrementAndGet();
        var server = Server.RUNNING.postgres;
        var superuser = server.superuser();
        Jdbi.create(superuser.url(), superuser.user(), superuser.password())
                .useHandle(tx -> tx.execute("create database " + name + " owner ferry_owner"));
        return logins(server, name);
    }

    private static Logins logins(EmbeddedPostgres server, String name) {
        var url = server.owner().url().replaceFirst("/[^/]*$", "/" + name);
        return new Logins(
                new Login(url, server.owner().user(), server.owner().password()),
                ROLES.tenantAt(url),
                ROLES.systemAt(url),
                new Login(url, server.superuser().user(), server.superuser().password()));
    }

    /// How each role signs in to one test database.
    public record Logins(Login owner, Login tenant, Login system, Login superuser) {
        /// Opens both pools. The caller closes them.
        public Database open(int poolSize) {
            return Database.open(tenant, system, poolSize);
        }

        /// The roles of the whole test server.
        public Roles roles() {
            return ROLES;
        }
    }

    /// Held by a class of its own, so that tests without a database start none.
    private static final class Server {
        static final Server RUNNING = new Server();

        final EmbeddedPostgres postgres;

        Server() {
            var folder = DataFolder.open(temporary());
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder.path())));
            postgres = EmbeddedPostgres.start(folder, EmbeddedPostgres.Durability.NONE);
            Migrations.run(postgres.owner(), ROLES);
        }

        private static Path temporary() {
            try {
                return Files.createTempDirectory("ferry-test-");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static void delete(Path folder) {
            if (RUNNING != null) {
                RUNNING.postgres.close();
            }
            try (var paths = Files.walk(folder)) {
                paths.sorted(Comparator.reverseOrder())
                        .forEach(path -> path.toFile().delete());
            } catch (IOException | UncheckedIOException e) {
                System.err.println(folder + " stays: " + e);
            }
        }
    }
}
