package ferry.db;

import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

/// What a database consists of, asked of its catalogue, so that no table of a later migration is forgotten. For
/// backups; as the owner, whom no row security narrows.
final class Stock {
    private static final String HISTORY = "flyway_schema_history";

    private Stock() {}

    /// Signs in with what a long transfer needs: no time limit, one way of writing values, and no rows in messages.
    static Handle open(Login owner) {
        var properties = new Properties();
        properties.setProperty("user", owner.user());
        properties.setProperty("password", owner.password());
        properties.setProperty("logServerErrorDetail", "false");
        properties.setProperty("tcpKeepAlive", "true");
        try {
            var handle = Jdbi.create(owner.url(), properties).open();
            for (var setting : List.of(
                    "statement_timeout = 0",
                    "idle_in_transaction_session_timeout = 0",
                    "datestyle = 'ISO'",
                    "timezone = 'UTC'",
                    "intervalstyle = 'postgres'",
                    "extra_float_digits = 1",
                    // A policy that would hide rows from the owner is an error then, not a backup with holes.
                    "row_security = off")) {
                handle.execute("set " + setting);
            }
            return handle;
        } catch (ConnectionException e) {
            throw new DatabaseException("Cannot sign in to the database as " + owner + ".", e);
        }
    }

    static CopyManager copy(Handle tx) throws SQLException {
        return tx.getConnection().unwrap(PGConnection.class).getCopyAPI();
    }

    /// A table and those of its columns that a backup holds, in their order: not the computed ones, nor those that
    /// are for minutes only (V012), which are null after a restore.
    record Table(String name, List<String> columns) {}

    /// All tables but Flyway's and those about running processes (V009).
    static List<Table> tables(Handle tx) {
        return tx.createQuery("""
                        select c.relname,
                               array(select a.attname::text from pg_attribute a
                                      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                                        and a.attgenerated = ''
                                        and coalesce(col_description(c.oid, a.attnum), '') not like 'ephemeral%'
                                      order by a.attnum) as columns
                          from pg_class c
                         where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
                           and c.relname <> :history
                           and coalesce(obj_description(c.oid, 'pg_class'), '') not like 'ephemeral%'
                         order by c.relname
                        """)
                .bind("history", HISTORY)
                .map((row, _) -> new Table(row.getString("relname"), List.of((String[])
                        row.getArray("columns").getArray())))
                .list();
    }

    static List<String> sequences(Handle tx) {
        return tx.createQuery("""
                        select relname from pg_class
                         where relnamespace = current_schema()::regnamespace and relkind = 'S' order by relname
                        """).mapTo(String.class).list();
    }

    /// What takes all foreign keys away and what puts them back as they were.
    record Changes(List<String> before, List<String> after) {}

    /// Foreign keys: put back after loading they are checked in one go, and no order of tables is needed, nor one
    /// event in memory for each row.
    static Changes foreignKeys(Handle tx) {
        return changes(tx, """
                select format('alter table %s drop constraint %I', conrelid::regclass, conname) as before,
                       format('alter table %s add constraint %I %s', conrelid::regclass, conname,
                              pg_get_constraintdef(oid)) as after
                  from pg_constraint
                 where contype = 'f' and connamespace = current_schema()::regnamespace and conparentid = 0
                 order by conrelid::regclass::text, conname
                """);
    }

    /// Triggers of ours: what they would do has been done, and its rows are in the backup.
    static Changes triggers(Handle tx) {
        return changes(tx, """
                select format('alter table %s disable trigger %I', tgrelid::regclass, tgname) as before,
                       format('alter table %s enable %s trigger %I', tgrelid::regclass,
                              case tgenabled when 'A' then 'always' when 'R' then 'replica' else '' end,
                              tgname) as after
                  from pg_trigger join pg_class c on c.oid = tgrelid
                 where not tgisinternal and tgenabled <> 'D' and c.relnamespace = current_schema()::regnamespace
                 order by tgrelid::regclass::text, tgname
                """);
    }

    private static Changes changes(Handle tx, String query) {
        var all = tx.createQuery(query)
                .map((row, _) -> List.of(row.getString("before"), row.getString("after")))
                .list();
        return new Changes(
                all.stream().map(List::getFirst).toList(),
                all.stream().map(List::getLast).toList());
    }

    static String quoted(String name) {
        return '"' + name.replace("\"", "\"\"") + '"';
    }

    /// `"task" ("id", "state", …)`, as COPY wants it.
    static String columns(String table, List<String> columns) {
        return quoted(table) + " ("
                + String.join(", ", columns.stream().map(Stock::quoted).toList()) + ")";
    }
}
