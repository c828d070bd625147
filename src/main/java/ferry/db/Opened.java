package ferry.db;

import java.util.Optional;
import java.util.function.Consumer;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/// A database that is migrated and open, and the embedded server where there is one. Whoever opened it closes it.
public final class Opened implements AutoCloseable {
    private final Database database;
    private final Login owner;
    private final Optional<EmbeddedPostgres> server;

    private Opened(Database database, Login owner, Optional<EmbeddedPostgres> server) {
        this.database = database;
        this.owner = owner;
        this.server = server;
    }

    /// Starts the PostgreSQL of `folder` and opens its database. The folder stays the caller's to close, afterwards.
    public static Opened embedded(
            DataFolder folder, DatabaseSettings settings, String tenantPassword, String systemPassword) {
        return embedded(folder, settings, tenantPassword, systemPassword, _ -> {});
    }

    /// As above.
    ///
    /// @param look at the database as its owner, before anything in it is changed; refuses it by throwing
    public static Opened embedded(
            DataFolder folder,
            DatabaseSettings settings,
            String tenantPassword,
            String systemPassword,
            Consumer<Handle> look) {
        var server = EmbeddedPostgres.start(folder);
        try {
            return open(server.owner(), Optional.of(server), settings, tenantPassword, systemPassword, look);
        } catch (RuntimeException e) {
            server.close();
            throw e;
        }
    }

    /// Opens a database that others run.
    ///
    /// @param url a JDBC URL with user and password: the owner, who may create roles
    public static Opened external(String url, DatabaseSettings settings, String tenantPassword, String systemPassword) {
        return external(url, settings, tenantPassword, systemPassword, _ -> {});
    }

    /// As above.
    ///
    /// @param look at the database as its owner, before anything in it is changed; refuses it by throwing
    public static Opened external(
            String url,
            DatabaseSettings settings,
            String tenantPassword,
            String systemPassword,
            Consumer<Handle> look) {
        return open(ExternalUrl.login(url), Optional.empty(), settings, tenantPassword, systemPassword, look);
    }

    /// How the owner named in a URL signs in.
    ///
    /// @param url as for [#external]
    public static Login ownerOf(String url) {
        return ExternalUrl.login(url);
    }

    /// Looks at a database as its owner, in a transaction that is undone.
    ///
    /// @throws DatabaseException where it does not answer or refuses the owner
    public static void look(Login owner, Consumer<Handle> look) {
        try (var tx = Jdbi.create(owner.url(), owner.user(), owner.password()).open()) {
            tx.begin();
            look.accept(tx);
            tx.rollback();
        } catch (ConnectionException e) {
            throw new DatabaseException("Cannot sign in to the database as " + owner + ".", e);
        }
    }

    /// Signs in to a database that others run, and changes nothing in it.
    ///
    /// @param url as for [#external]
    /// @return what runs there, such as `PostgreSQL 18.1`
    /// @throws DatabaseException where it does not answer, refuses the owner, or is too old
    public static String serverOf(String url) {
        return Migrations.serverOf(ExternalUrl.login(url));
    }

    private static Opened open(
            Login owner,
            Optional<EmbeddedPostgres> server,
            DatabaseSettings settings,
            String tenantPassword,
            String systemPassword,
            Consumer<Handle> look) {
        var roles = new Roles(settings.rolePrefix(), tenantPassword, systemPassword);
        Migrations.run(owner, roles, look);
        var database = Database.open(roles.tenantAt(owner.url()), roles.systemAt(owner.url()), settings.poolSize());
        return new Opened(database, owner, server);
    }

    public Database database() {
        return database;
    }

    /// How the owner signs in, for what the two roles may not do.
    public Login owner() {
        return owner;
    }

    /// Closes the pools, then stops the embedded server.
    @Override
    public void close() {
        database.close();
        server.ifPresent(EmbeddedPostgres::close);
    }
}
