package ferry.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.pool.HikariPool.PoolInitializationException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.StatementExceptions;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.jdbi.v3.core.transaction.TransactionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Two pools on one database, each signed in as a role that is neither superuser nor owner.
///
/// The tenant role sees the rows of one organisation only: row security compares each row with the organisation that
/// [#tenant] sets for the transaction, whatever the statement says. The system role sees all rows and is for what works
/// across organisations: authentication, admission, sweepers. Thread-safe; whoever opened it closes it.
public final class Database implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Database.class);
    private static final Duration WAIT_FOR_A_CONNECTION = Duration.ofSeconds(30);
    /// A machine that stands still in a transaction keeps its locks, among them the one that all nodes admit
    /// tasks under, until the server takes its connection away. A URL with `options` of its own overrides it.
    private static final Duration STANDS_STILL = Duration.ofSeconds(5);
    /// Of a pool's connections, one in so many is for reads of tenants. More reads at once take turns on the server's
    /// processors: none is faster, and whoever is unlucky waits several times as long.
    private static final int FOR_READS = 3;

    private final HikariDataSource tenants;
    private final HikariDataSource system;
    private final Jdbi tenantJdbi;
    private final Jdbi systemJdbi;
    /// Fair: who came first reads first, which a pool does not promise.
    private final Semaphore reads;

    private Database(HikariDataSource tenants, HikariDataSource system) {
        this.tenants = tenants;
        this.system = system;
        this.tenantJdbi = jdbi(tenants);
        this.systemJdbi = jdbi(system);
        this.reads = new Semaphore(Math.max(1, tenants.getMaximumPoolSize() / FOR_READS), true);
    }

    /// Opens both pools. Fails at once where the database does not answer or refuses a role.
    ///
    /// @param tenant how the tenant role signs in
    /// @param system how the system role signs in
    /// @param poolSize connections of each pool
    public static Database open(Login tenant, Login system, int poolSize) {
        var tenants = pool("tenant", tenant, poolSize);
        try {
            return new Database(tenants, pool("system", system, poolSize));
        } catch (RuntimeException e) {
            tenants.close();
            throw e;
        }
    }

    /// Runs `work` in a transaction that sees the rows of `tenant` only.
    public <T extends @Nullable Object> T tenant(Tenant tenant, Work<T> work) {
        return inTransaction(tenantJdbi, tx -> {
            narrow(tx, tenant);
            return work.in(tx);
        });
    }

    /// As [#tenant], for work without a result.
    public void tenantDo(Tenant tenant, Consumer<Handle> work) {
        this.<@Nullable Void>tenant(tenant, tx -> {
            work.accept(tx);
            return null;
        });
    }

    /// Runs queries of `work` that see the rows of `tenant` only, and change none. For a page or a resource that one
    /// query reads: each is a transaction of its own, sent with all that belongs to it in one message, so it costs
    /// one round trip instead of three. Where several queries must see one moment, or anything is locked or
    /// written, it is [#tenant]. What fails for want of an organisation is done again in a transaction.
    ///
    /// Reads wait for each other, the first come first, where more than a third of the pool would be at it; so
    /// `work` must not read again, nor is this to be called in a transaction.
    public <T extends @Nullable Object> T read(Tenant tenant, Work<T> work) {
        reads.acquireUninterruptibly();
        try {
            return readNow(tenant, work);
        } finally {
            reads.release();
        }
    }

    private <T extends @Nullable Object> T readNow(Tenant tenant, Work<T> work) {
        try {
            return without(tenantJdbi, tx -> {
                NarrowedQueries.narrow(tx, tenant);
                return work.in(tx);
            });
        } catch (UnableToExecuteStatementException e) {
            if (!NarrowedQueries.cameApart(e)) {
                throw e;
            }
            log.warn("a query was sent apart from its organisation: {}", e.getShortMessage());
            return tenant(tenant, work);
        }
    }

    /// As [#read], of all rows. For authentication.
    public <T extends @Nullable Object> T systemRead(Work<T> work) {
        return without(systemJdbi, work);
    }

    /// Runs `work` in a transaction that sees all rows. For authentication, admission and sweepers only.
    public <T extends @Nullable Object> T system(Work<T> work) {
        return inTransaction(systemJdbi, work);
    }

    /// As [#system], for work without a result.
    public void systemDo(Consumer<Handle> work) {
        this.<@Nullable Void>system(tx -> {
            work.accept(tx);
            return null;
        });
    }

    /// Without a transaction around it.
    private static <T extends @Nullable Object> T without(Jdbi jdbi, Work<T> work) {
        return unlessAway(() -> jdbi.<T, RuntimeException>withHandle(work::in));
    }

    private static <T extends @Nullable Object> T inTransaction(Jdbi jdbi, Work<T> work) {
        return unlessAway(() -> jdbi.<T, RuntimeException>inTransaction(work::in));
    }

    private static <T extends @Nullable Object> T unlessAway(Supplier<T> work) {
        try {
            return work.get();
        } catch (JdbiException e) {
            throw lost(e) ? new DatabaseException.Away(e) : e;
        }
    }

    /// Ends with the transaction, so that a pooled connection carries no organisation to the next. Plain JDBC, which
    /// keeps the statement prepared on the server: it comes before everything a tenant does.
    private static void narrow(Handle tx, Tenant tenant) {
        try (var statement = tx.getConnection().prepareStatement("select set_config('ferry.organisation', ?, true)")) {
            statement.setString(1, Long.toString(tenant.value()));
            statement.execute();
        } catch (SQLException e) {
            throw new TransactionException("no organisation could be set", e);
        }
    }

    /// Whether the connection was lost or not to be had: SQLSTATE class 08, a server that stops (57P01 to
    /// 57P03), or one that took the connection away because we stood still (25P03).
    private static boolean lost(JdbiException failure) {
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLTransientConnectionException || (cause instanceof SQLException e && away(e))) {
                return true;
            }
        }
        return false;
    }

    private static boolean away(SQLException e) {
        var state = e.getSQLState();
        return state != null && (state.startsWith("08") || state.startsWith("57P0") || state.equals("25P03"));
    }

    /// The system pool itself, for db-scheduler, which keeps its own transactions.
    public DataSource systemPool() {
        return system;
    }

    /// How a pool stands.
    ///
    /// @param active connections in use
    /// @param idle connections that wait for work
    /// @param waiting threads that wait for a connection
    public record Pool(int active, int idle, int waiting) {}

    /// How the pool `tenant` or `system` stands.
    public Pool pool(String name) {
        var pool = (name.equals("tenant") ? tenants : system).getHikariPoolMXBean();
        return new Pool(pool.getActiveConnections(), pool.getIdleConnections(), pool.getThreadsAwaitingConnection());
    }

    @Override
    public void close() {
        tenants.close();
        system.close();
    }

    /// Failures name the statement, never its arguments: those may be somebody's name or a token's hash.
    private static Jdbi jdbi(DataSource pool) {
        var jdbi = Jdbi.create(pool);
        jdbi.getConfig(StatementExceptions.class).setMessageRendering(StatementExceptions.MessageRendering.NONE);
        jdbi.registerArgument(new Moments());
        return jdbi;
    }

    private static HikariDataSource pool(String name, Login login, int size) {
        var config = new HikariConfig();
        config.setPoolName(name);
        config.setJdbcUrl(login.url());
        config.setUsername(login.user());
        config.setPassword(login.password());
        config.addDataSourceProperty("logServerErrorDetail", "false");
        config.addDataSourceProperty("options", "-c idle_in_transaction_session_timeout=" + STANDS_STILL.toMillis());
        config.setMaximumPoolSize(size);
        config.setConnectionTimeout(WAIT_FOR_A_CONNECTION.toMillis());
        try {
            return new HikariDataSource(config);
        } catch (PoolInitializationException e) {
            throw new DatabaseException("Cannot sign in to the database as " + login + ": " + e.getMessage(), e);
        }
    }
}
