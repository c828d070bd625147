package ferry.db;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.ColonPrefixSqlParser;
import org.jdbi.v3.core.statement.ParsedSql;
import org.jdbi.v3.core.statement.SqlParser;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.core.statement.StatementCustomizer;
import org.jdbi.v3.core.statement.StatementException;

/// Puts the organisation in front of each query of a handle that is in no transaction, as a statement of its own in
/// the same message. What one message holds is one transaction to the server, and the setting ends with it: the next
/// who gets the connection finds none, whatever happens. Were the two ever sent apart, row security would refuse the
/// query. The same statement makes the transaction read-only. (ADR 0018)
final class NarrowedQueries {
    private static final String TENANT = "ferryTenant";
    private static final String FIRST = "select set_config('ferry.organisation', :" + TENANT
            + ", true), set_config('transaction_read_only', 'on', true);\n";

    /// `unrecognized configuration parameter`, on a connection that never had an organisation.
    private static final String UNKNOWN_SETTING = "42704";
    /// `invalid input syntax for type bigint: ""`, on one that had.
    private static final String NO_NUMBER = "22P02";

    private static final SqlParser NAMED = new ColonPrefixSqlParser();
    private static final SqlParser PARSER = new SqlParser() {
        @Override
        public ParsedSql parse(String sql, StatementContext context) {
            return NAMED.parse(FIRST + sql, context);
        }

        @Override
        public String nameParameter(String rawName, StatementContext context) {
            return NAMED.nameParameter(rawName, context);
        }
    };

    private NarrowedQueries() {}

    /// All queries of this handle from now on.
    static void narrow(Handle tx, Tenant tenant) {
        tx.getConfig(SqlStatements.class)
                .setSqlParser(PARSER)
                .addCustomizer(new Narrowed(Long.toString(tenant.value())));
    }

    /// Whether row security found no organisation set. A bad number in the query itself looks the same.
    static boolean cameApart(StatementException failure) {
        return failure.getCause() instanceof SQLException e
                && (UNKNOWN_SETTING.equals(e.getSQLState()) || NO_NUMBER.equals(e.getSQLState()));
    }

    private record Narrowed(String tenant) implements StatementCustomizer {
        @Override
        public void beforeBinding(PreparedStatement statement, StatementContext context) {
            context.getBinding().addNamed(TENANT, tenant);
        }

        /// What the first statement gave is nobody's; the query's own result follows.
        @Override
        public void afterExecution(PreparedStatement statement, StatementContext context) throws SQLException {
            if (!statement.getMoreResults()) {
                throw new SQLException("the query gave no rows to read");
            }
        }
    }
}
