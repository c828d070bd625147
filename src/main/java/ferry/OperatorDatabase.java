package ferry;

import ferry.access.MasterKeys;
import ferry.access.Organisations;
import ferry.access.Vault;
import ferry.audit.Audit;
import ferry.cli.CommandFailed;
import ferry.cli.Desk;
import ferry.crypto.MasterKey;
import ferry.db.DataFolder;
import ferry.db.Database;
import ferry.db.DatabaseSettings;
import ferry.db.EmbeddedPostgres;
import ferry.db.Login;
import ferry.db.Migrations;
import ferry.db.Opened;
import ferry.db.Roles;
import ferry.event.Events;
import ferry.key.Keys;
import ferry.permission.ScopeLimits;
import ferry.session.SessionExpiry;
import ferry.session.Sessions;
import ferry.session.SignOuts;
import ferry.settings.Env;
import ferry.source.Sources;
import ferry.subscription.SubscriptionSessions;
import ferry.subscription.SubscriptionSettings;
import ferry.subscription.Subscriptions;
import ferry.task.Tasks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;

/// The database as the operator's commands find it: an external one, the server that a running Ferry has on its
/// data folder, or else the folder itself, whose server they start and stop.
final class OperatorDatabase {
    /// A command asks one thing after the other.
    private static final int CONNECTIONS = 2;

    private final ServiceSettings settings;
    private final InstantSource clock;

    private OperatorDatabase(ServiceSettings settings, InstantSource clock) {
        this.settings = settings;
        this.clock = clock;
    }

    /// @param env the environment
    /// @param data the folder, where it was typed
    static OperatorDatabase of(Map<String, String> env, Optional<Path> data, InstantSource clock) {
        var typed =
                new ServiceSettings.Options(data, Optional.empty(), Optional.empty(), Optional.empty(), false, false);
        return new OperatorDatabase(ServiceSettings.read(new Env(env), typed), clock);
    }

    /// Opens it. An external database is migrated on the way, as at each start; the one of a running Ferry is not.
    Desk open() throws IOException {
        if (settings.databaseUrl().isPresent()) {
            var master = settings.masterKey().orElseThrow();
            var opened = external(settings.databaseUrl().get(), master);
            return desk(opened.database(), master, opened);
        }
        var master = masterKey();
        var owner = EmbeddedPostgres.running(settings.data());
        if (owner.isPresent()) {
            var database = join(owner.get(), roles(master));
            return desk(database, master, database);
        }
        return folder(master);
    }

    /// Brings it to this program's schema, beside a running Ferry too.
    void migrate() throws IOException {
        if (settings.databaseUrl().isEmpty()) {
            var owner = EmbeddedPostgres.running(settings.data());
            if (owner.isPresent()) {
                var master = masterKey();
                Migrations.run(owner.get(), roles(master), opens(master));
                return;
            }
        }
        open().close();
    }

    /// How the owner signs in, for what no other role may do. The caller closes it.
    ///
    /// @param roles which the service works as
    /// @param opened what was started for it
    record Owner(Login login, Roles roles, MasterKey master, AutoCloseable opened) implements AutoCloseable {
        @Override
        public void close() {
            try {
                opened.close();
            } catch (Exception e) {
                throw new IllegalStateException("the database did not close", e);
            }
        }
    }

    /// The database as it is, not migrated.
    Owner owner() {
        var master = masterKey();
        if (settings.databaseUrl().isPresent()) {
            return owner(Opened.ownerOf(settings.databaseUrl().get()), master, () -> {});
        }
        var running = EmbeddedPostgres.running(settings.data());
        return running.isPresent() ? owner(running.get(), master, () -> {}) : started(master);
    }

    /// A database to be filled: an external one, or that of a folder in which there need be nothing but the master key.
    Owner empty() {
        if (settings.databaseUrl().isPresent()) {
            return owner();
        }
        var master = settings.masterKey()
                .or(() -> MasterKeyFile.read(settings.data()))
                .orElseThrow(() -> new CommandFailed(masterKeyName()
                        + " is missing: put the master key there that goes with the backup, in a folder of mode 0700,"
                        + " or give it in FERRY_MASTER_KEY."));
        return started(master);
    }

    /// Where the master key comes from, for people.
    String masterKeyName() {
        return settings.masterKeyName();
    }

    /// The folder whose file holds the master key; nothing where the environment gives it.
    Optional<Path> masterKeyFolder() {
        return settings.masterKey().isPresent() ? Optional.empty() : Optional.of(settings.data());
    }

    /// The master key as it is given now.
    MasterKey masterKey() {
        return settings.masterKey().orElseGet(this::keptMasterKey);
    }

    private Owner started(MasterKey master) {
        var folder = DataFolder.open(settings.data());
        try {
            var server = EmbeddedPostgres.start(folder);
            return owner(server.owner(), master, () -> {
                server.close();
                folder.close();
            });
        } catch (RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    private Owner owner(Login login, MasterKey master, AutoCloseable opened) {
        return new Owner(login, roles(master), master, opened);
    }

    private Consumer<Handle> opens(MasterKey master) {
        return tx -> MasterKeys.requireOpens(tx, master, masterKeyName());
    }

    private Desk folder(MasterKey master) {
        var folder = DataFolder.open(settings.data());
        try {
            var opened =
                    Opened.embedded(folder, small(), tenantPassword(master), systemPassword(master), opens(master));
            return desk(opened.database(), master, () -> {
                opened.close();
                folder.close();
            });
        } catch (RuntimeException e) {
            folder.close();
            throw e;
        }
    }

    private Opened external(String url, MasterKey master) {
        return Opened.external(url, small(), tenantPassword(master), systemPassword(master), opens(master));
    }

    private static Database join(Login owner, Roles roles) {
        return Database.open(roles.tenantAt(owner.url()), roles.systemAt(owner.url()), CONNECTIONS);
    }

    private DatabaseSettings small() {
        return new DatabaseSettings(CONNECTIONS, settings.database().rolePrefix());
    }

    private Roles roles(MasterKey master) {
        return new Roles(settings.database().rolePrefix(), tenantPassword(master), systemPassword(master));
    }

    private static String tenantPassword(MasterKey master) {
        return master.derive("database-role/tenant").reveal();
    }

    private static String systemPassword(MasterKey master) {
        return master.derive("database-role/system").reveal();
    }

    /// A folder that no `serve` has started on is a mistyped one rather than one to fill.
    private MasterKey keptMasterKey() {
        var folder = settings.data();
        if (!Files.isDirectory(folder)) {
            throw empty(folder);
        }
        return MasterKeyFile.read(folder).orElseThrow(() -> empty(folder));
    }

    private static CommandFailed empty(Path folder) {
        return new CommandFailed(folder.toAbsolutePath().normalize()
                + " holds no data of Ferry's; name the folder with --data, or start `./ferry serve` on it first.");
    }

    private Desk desk(Database database, MasterKey master, AutoCloseable opened) {
        var organisations = new Organisations(clock, master.sealer());
        var vault = new Vault(database, organisations, master.sealer());
        var signOuts = new SignOuts(new Tasks(clock), new Sources(clock, new ScopeLimits(clock)), vault, clock);
        return new Desk(
                database,
                organisations,
                new Keys(database, clock),
                new Audit(clock),
                new SessionExpiry(
                        database,
                        new Sessions(clock),
                        signOuts,
                        vault,
                        new Events(clock),
                        new SubscriptionSessions(
                                new Subscriptions(clock),
                                new Sessions(clock),
                                new Events(clock),
                                SubscriptionSettings.DEFAULT),
                        clock,
                        settings.idleSessions()),
                opened);
    }
}
