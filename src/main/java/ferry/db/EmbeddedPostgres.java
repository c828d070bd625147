package ferry.db;

import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The PostgreSQL that comes with Ferry, for one machine. Its cluster lies in the folder `postgres` of the data folder.
///
/// It listens on loopback only, on a free port each time, and lets nobody in without a password. The superuser and the
/// owner of the database `ferry` have random ones, kept in files that only this user can read. Whoever started it
/// closes it, before the data folder and after the pools; no shutdown hook does it, since that would run beside the
/// graceful stop of everything that still works on the database.
public final class EmbeddedPostgres implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPostgres.class);
    static final String CLUSTER = "postgres";
    static final String DATABASE = "ferry";
    private static final String DRAFT = CLUSTER + ".draft-";
    static final String OWNER = "ferry_owner";
    /// The major version of the binaries (`postgres.version` of the build). No other one reads its clusters.
    static final String MAJOR = "18";

    private static final String SUPERUSER = "postgres";
    private static final String SUPERUSER_PASSWORD = "postgres.password";
    private static final String OWNER_PASSWORD = "owner.password";
    /// Recovery after a crash may take a while; clients are let in only after it.
    private static final Duration START = Duration.ofSeconds(60);

    private static final ReentrantLock ONE_START_AT_A_TIME = new ReentrantLock();

    private final io.zonky.test.db.postgres.embedded.EmbeddedPostgres server;
    private final Login superuser;
    private final Login owner;

    private EmbeddedPostgres(
            io.zonky.test.db.postgres.embedded.EmbeddedPostgres server, String superPassword, String ownerPassword) {
        this.server = server;
        this.superuser = new Login(url(server.getPort(), "postgres"), SUPERUSER, superPassword);
        this.owner = new Login(url(server.getPort(), DATABASE), OWNER, ownerPassword);
    }

    /// Starts the server of `folder`; makes its cluster the first time; stops a server that outlived a killed process.
    /// Blocks until clients are let in.
    public static EmbeddedPostgres start(DataFolder folder) {
        return start(folder, Durability.SAFE);
    }

    /// As [#start(DataFolder)]; tests ask for [Durability#NONE].
    public static EmbeddedPostgres start(DataFolder folder, Durability durability) {
        refuseRootWithoutNamespaces();
        var superPassword = password(folder, SUPERUSER_PASSWORD);
        var ownerPassword = password(folder, OWNER_PASSWORD);
        sweepDrafts(folder);
        var cluster = folder.path().resolve(CLUSTER);
        if (Files.exists(cluster)) {
            requireOurVersion(cluster);
            Postmaster.stop(cluster);
        } else {
            create(folder, cluster, superPassword, durability);
        }
        var embedded =
                new EmbeddedPostgres(run(cluster, folder, superPassword, durability), superPassword, ownerPassword);
        try {
            embedded.prepareOwner();
            return embedded;
        } catch (RuntimeException e) {
            embedded.close();
            throw e;
        }
    }

    /// How the owner signs in to the server that another process runs on `folder`, for the operator's commands. Nothing
    /// where none runs.
    public static Optional<Login> running(Path folder) {
        return Postmaster.port(folder.resolve(CLUSTER))
                .flatMap(port -> DataFolder.read(folder, OWNER_PASSWORD)
                        .map(password -> new Login(url(port, DATABASE), OWNER, password)));
    }

    /// How the owner of the database signs in. No superuser, but it may create roles.
    public Login owner() {
        return owner;
    }

    /// How the superuser signs in: for the start, and for tests that make databases of their own.
    public Login superuser() {
        return superuser;
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new DatabaseException("The embedded database did not stop cleanly; the next start repairs that.", e);
        }
    }

    /// What a crash of the machine may cost.
    public enum Durability {
        /// A committed transaction survives.
        SAFE("on"),
        /// The whole cluster may be lost. For tests.
        NONE("off");

        private final String setting;

        Durability(String setting) {
            this.setting = setting;
        }
    }

    /// Makes the cluster under another name, so that a crash on the way never leaves half of one under the right name.
    private static void create(DataFolder folder, Path cluster, String superPassword, Durability durability) {
        try {
            var draft = Files.createTempDirectory(folder.path(), DRAFT);
            run(draft, folder, superPassword, durability).close();
            Files.move(draft, cluster);
        } catch (IOException e) {
            throw new DatabaseException("The embedded database could not be made in " + folder.path() + ".", e);
        }
    }

    /// What an interrupted first start left. Each has a name of its own, since an `initdb` that outlived its
    /// parent goes on writing for a moment; what cannot be removed for that reason goes with the next start.
    private static void sweepDrafts(DataFolder folder) {
        try (var drafts = Files.newDirectoryStream(folder.path(), DRAFT + "*")) {
            for (var draft : drafts) {
                Postmaster.stop(draft);
                deleteTree(draft);
            }
        } catch (IOException e) {
            LOG.debug("a half-made cluster stays for now", e);
        }
    }

    private static void requireOurVersion(Path cluster) {
        try {
            var version = Files.readString(cluster.resolve("PG_VERSION")).strip();
            if (!version.equals(MAJOR)) {
                throw new DatabaseException(cluster + " was made by PostgreSQL " + version + " and this Ferry brings "
                        + MAJOR + "; dump it with that version's pg_dump and restore it into a new data folder.");
            }
        } catch (IOException e) {
            throw new DatabaseException(cluster + " is not a database that Ferry made.", e);
        }
    }

    private static io.zonky.test.db.postgres.embedded.EmbeddedPostgres run(
            Path cluster, DataFolder folder, String superPassword, Durability durability) {
        var cache = cache();
        ONE_START_AT_A_TIME.lock();
        try (var file = FileChannel.open(cache.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var _ = file.lock()) {
            forgetHalfUnpacked(cache);
            // The library makes and sweeps this folder though our clusters lie elsewhere; by default it is one in the
            // system's temporary folder, which another user may have made.
            System.setProperty("ot.epg.working-dir", cache.resolve("unused").toString());
            return builder(cluster, folder, superPassword, durability, cache).start();
        } catch (IOException | IllegalStateException | ExceptionInInitializerError e) {
            // The last is the library's word for a disk that is full, or a program it cannot unpack.
            throw new DatabaseException(
                    "The embedded database did not start on " + cluster + "; " + cluster.resolve("log")
                            + " may say why. FERRY_DATABASE_URL names another PostgreSQL.",
                    e);
        } finally {
            ONE_START_AT_A_TIME.unlock();
        }
    }

    private static io.zonky.test.db.postgres.embedded.EmbeddedPostgres.Builder builder(
            Path cluster, DataFolder folder, String superPassword, Durability durability, Path cache) {
        var builder = io.zonky.test.db.postgres.embedded.EmbeddedPostgres.builder()
                .setDataDirectory(cluster)
                .setCleanDataDirectory(false)
                .setRegisterShutdownHook(false)
                .setOverrideWorkingDirectory(cache.toFile())
                .setPGStartupWait(START)
                .setConnectConfig("password", superPassword);
        // Handed to initdb, where a later --auth overrides the library's "trust". The password goes by file: a command
        // line can be read by everyone.
        Map.of(
                        "auth", "scram-sha-256",
                        "pwfile", folder.path().resolve(SUPERUSER_PASSWORD).toString(),
                        "locale", "C",
                        "locale-provider", "builtin",
                        "builtin-locale", "C.UTF-8")
                .forEach(builder::setLocaleConfig);
        // The library starts the server with -F, for tests: fsync must be put on again.
        Map.of(
                        "fsync", durability.setting,
                        "full_page_writes", durability.setting,
                        "synchronous_commit", durability.setting,
                        "listen_addresses", "127.0.0.1",
                        "unix_socket_directories", "",
                        "jit", "off",
                        // A file per day of the week, so that a year of logs stays a week of logs.
                        "logging_collector", "on",
                        "log_filename", "%a.log",
                        "log_truncate_on_rotation", "on",
                        "log_rotation_size", "0")
                .forEach(builder::setServerConfig);
        return builder;
    }

    /// The password comes last: an owner who can sign in proves that all of this has been done.
    private void prepareOwner() {
        if (ownerSignsIn()) {
            return;
        }
        Jdbi.create(superuser.url(), superuser.user(), superuser.password()).useHandle(tx -> {
            if (missing(tx, "select 1 from pg_roles where rolname = :name", OWNER)) {
                tx.execute("create role " + OWNER + " login createrole");
            }
            if (missing(tx, "select 1 from pg_database where datname = :name", DATABASE)) {
                tx.execute("create database " + DATABASE + " owner " + OWNER);
            }
            // Without this every role could make temporary tables, and connect.
            tx.execute("revoke all on database " + DATABASE + " from public");
            Passwords.set(tx, OWNER, owner.password());
        });
    }

    private boolean ownerSignsIn() {
        try {
            Jdbi.create(owner.url(), owner.user(), owner.password()).open().close();
            return true;
        } catch (ConnectionException _) {
            return false;
        }
    }

    private static boolean missing(Handle tx, String query, String name) {
        return tx.createQuery(query)
                .bind("name", name)
                .mapTo(Integer.class)
                .findOne()
                .isEmpty();
    }

    private static String password(DataFolder folder, String name) {
        return folder.read(name).orElseGet(() -> {
            var bytes = new byte[32];
            new SecureRandom().nextBytes(bytes);
            var password = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
            folder.writeOnce(name, password);
            return password;
        });
    }

    private static String url(int port, String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    /// Where the unpacked binaries lie, shared by all data folders of this user.
    private static Path cache() {
        var home = Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                .filter(dir -> !dir.isBlank())
                .map(Path::of)
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache"));
        try {
            return Files.createDirectories(
                    home.resolve("ferry").resolve("postgres").toAbsolutePath());
        } catch (IOException e) {
            throw new DatabaseException(
                    "The folder " + home + " for unpacked programs cannot be written; "
                            + "set XDG_CACHE_HOME to one that can.",
                    e);
        }
    }

    /// The library marks what it has unpacked whole with a file `.exists`, and stumbles over what is not. The caller
    /// holds the cache's lock, so nobody is unpacking now.
    private static void forgetHalfUnpacked(Path cache) throws IOException {
        try (var entries = Files.newDirectoryStream(cache, "PG-*")) {
            for (var entry : entries) {
                if (!Files.exists(entry.resolve(".exists"))) {
                    deleteTree(entry);
                }
            }
        }
    }

    private static void deleteTree(Path tree) throws IOException {
        try (var paths = Files.walk(tree)) {
            for (var path : (Iterable<Path>) paths.sorted(Comparator.reverseOrder())::iterator) {
                Files.delete(path);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /// PostgreSQL refuses to run as root; the library steps around that with a user namespace where those are allowed.
    ///
    /// @throws DatabaseException where they are not
    public static void refuseRootWithoutNamespaces() {
        if (System.getProperty("os.name", "").startsWith("Linux")
                && "root".equals(System.getProperty("user.name"))
                && !LinuxUtils.isUnshareAvailable()) {
            throw new DatabaseException("The embedded database cannot run as root on this machine: "
                    + "run as an ordinary user, or set FERRY_DATABASE_URL.");
        }
    }
}
