package ferry.db;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.time.Duration;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;

/// Two pools on one database, each signed in as a role that is neither superuser nor owner.
///
/// The tenant role sees the rows of one organisation only: row security compares each row with the organisation that
/// [#tenant] sets for the transaction, whatever the statement says. The system role sees all rows and is for what works
/// across organisations: authentication, admission, sweepers. Thread-safe; whoever opened it closes it.
public final class Database implements AutoCloseable {
    private static final Duration WAIT_FOR_A_CONNECTION = Duration.ofSeconds(30);

    private final HikariDataSource tenants;
    private final HikariDataSource system;
    private final Jdbi tenantJdbi;
    private final Jdbi systemJdbi;

    private Database(HikariDataSource tenants, HikariDataSource system) {
        this.tenants = tenants;
        this.system = system;
        this.tenantJdbi = Jdbi.create(tenants);
        this.systemJdbi = Jdbi.create(system);
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
    public <T> T tenant(Tenant tenant, Work<T> work) {
        return tenantJdbi.inTransaction(tx -> {
            tx.createQuery("select set_config('ferry.organisation', :organisation, true)")
                    .bind("organisation", Long.toString(tenant.value()))
                    .mapTo(String.class)
                    .one();
            return work.in(tx);
        });
    }

    /// Runs `work` in a transaction that sees all rows. For authentication, admission and sweepers only.
    public <T> T system(Work<T> work) {
        return systemJdbi.inTransaction(work::in);
    }

    /// The system pool itself, for db-scheduler, which keeps its own transactions.
    public DataSource systemPool() {
        return system;
    }

    @Override
    public void close() {
        tenants.close();
        system.close();
    }

    private static HikariDataSource pool(String name, Login login, int size) {
        var config = new HikariConfig();
        config.setPoolName(name);
        config.setJdbcUrl(login.url());
        config.setUsername(login.user());
        config.setPassword(login.password());
        config.setMaximumPoolSize(size);
        config.setConnectionTimeout(WAIT_FOR_A_CONNECTION.toMillis());
        return new HikariDataSource(config);
    }
}
