package ferry.http;

import ferry.db.Tenant;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;

/// One table as a list: newest first, filtered, the items strictly between two cursors (ricloud-api 2). Every
/// room's list is read here, so that they page alike.
///
/// @param select up to and including its `from`
/// @param where the conditions that never change, of `:organisation` and of the filter's components
/// @param id the column of the ids, which sort by age
/// @param ids of which family they are
/// @param order the column whose greatest value comes first
public record Listing(String select, String where, String id, Family ids, String order) {
    /// A list in the order of its ids.
    public Listing(String select, String where, String id, Family ids) {
        this(select, where, id, ids, id);
    }

    /// The same list in the order of another column, which is unique. Cursors are ids all the same.
    public Listing orderedBy(String column) {
        return new Listing(select, where, id, ids, column);
    }

    /// The two families of ids.
    public enum Family {
        /// Of what people name in words: they travel as strings of digits.
        NUMBER("bigint"),
        /// Of everything else; version 7, so that they sort by time.
        UUID("uuid");

        private final String type;

        Family(String type) {
            this.type = type;
        }

        private boolean holds(String id) {
            return this == NUMBER ? Ids.number(id).isPresent() : Ids.uuid(id).isPresent();
        }
    }

    /// Reads a page.
    ///
    /// @param filter a record whose components are optional and named in [#where]
    /// @throws ApiException `invalid-parameter` for a cursor that names nothing the organisation has
    public <R> Slice<R> page(Handle tx, Tenant organisation, Record filter, Page page, RowMapper<R> row) {
        Predicate<String> known = cursor -> ids.holds(cursor) && knows(tx, organisation, cursor);
        page.check(known);
        var rows = tx.createQuery(select + where + """
                           and (cast(:after as %2$s) is null or %1$s < %3$s)
                           and (cast(:before as %2$s) is null or %1$s > %4$s)
                         order by %1$s desc limit :limit
                        """.formatted(order, ids.type, place("after"), place("before")))
                .bind("organisation", organisation.value())
                .bindMethods(filter)
                .bind("after", page.after())
                .bind("before", page.before())
                .bind("limit", page.limit() + 1)
                .map(row)
                .list();
        var total = tx.createQuery("select count(*) from (" + select + where + ") listed")
                .bind("organisation", organisation.value())
                .bindMethods(filter)
                .mapTo(long.class)
                .one();
        return Slice.of(rows, page, total);
    }

    /// Where in the order a cursor stands.
    private String place(String cursor) {
        var value = "cast(:" + cursor + " as " + ids.type + ")";
        return order.equals(id)
                ? value
                : "(select t.%s from (%s) t where t.organisation = :organisation and t.%s = %s)"
                        .formatted(order, select, id, value);
    }

    /// A cursor may name an item that the filters leave out.
    private boolean knows(Handle tx, Tenant organisation, String cursor) {
        return tx.createQuery(
                        "select exists (select from (%s) t where organisation = :organisation and %s = cast(:id as %s))"
                                .formatted(select, id.substring(id.indexOf('.') + 1), ids.type))
                .bind("organisation", organisation.value())
                .bind("id", cursor)
                .mapTo(boolean.class)
                .one();
    }
}
