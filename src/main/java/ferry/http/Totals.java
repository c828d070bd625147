package ferry.http;

import org.jdbi.v3.core.Handle;

/// How long each organisation's lists are, without counting their rows (ADR 0010). Triggers write a row for
/// every statement that adds or deletes; the length is the total plus those. `call counted_list('x')` in a
/// migration counts a table.
public final class Totals {
    /// More than a busy second brings; what is left is folded next time.
    private static final int AT_ONCE = 100_000;

    private Totals() {}

    /// An expression: the rows that `:organisation` has in a counted table, exactly. One statement sees total and
    /// changes as of one moment.
    static String of(String list) {
        return """
                coalesce((select total from list_total
                           where organisation = :organisation and list = '%1$s'), 0)
              + coalesce((select sum(change) from list_change
                           where organisation = :organisation and list = '%1$s'), 0)
              """.formatted(list);
    }

    /// Adds the changes to the totals. As the system role; two nodes at once take different changes.
    ///
    /// @return how many changes there were
    public static int fold(Handle tx) {
        return tx.createQuery("""
                        with taken as (
                          delete from list_change
                           where id in (select id from list_change order by id limit :most for update skip locked)
                          returning organisation, list, change
                        ), sums as (
                          select organisation, list, sum(change) as change, count(*) as changes
                            from taken group by organisation, list
                        ), folded as (
                          insert into list_total as t (organisation, list, total)
                          select organisation, list, change from sums order by organisation, list
                          on conflict (organisation, list) do update set total = t.total + excluded.total
                        )
                        select coalesce(sum(changes), 0) from sums
                        """).bind("most", AT_ONCE).mapTo(int.class).one();
    }
}
