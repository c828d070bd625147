package ferry.http;

import ferry.db.Tenant;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatements;
import org.jdbi.v3.core.statement.StatementContext;

/// One table as a list: newest first, filtered, the items strictly between two cursors (ricloud-api 2). Every
/// room's list is read here, so that they page alike.
///
/// @param select up to and including its `from`
/// @param where the conditions, of `:organisation` and of the filter's components. One that is not always asked for
///     is written `and (cast(:user as bigint) is null or end_user = :user)`
/// @param id the column of the ids, which sort by age
/// @param ids of which family they are
/// @param dates the date attributes that may be filtered by, and their columns
/// @param counted the table whose rows are this list where the filter is empty, if `counted_list` counts it
/// @param order the column whose greatest value comes first
public record Listing(
        String select,
        String where,
        String id,
        Family ids,
        Map<String, String> dates,
        Optional<String> counted,
        String order) {
    /// Of each kind of filter: a class makes them anew for everyone who asks.
    private static final ClassValue<RecordComponent[]> COMPONENTS = new ClassValue<>() {
        @Override
        protected RecordComponent[] computeValue(Class<?> filter) {
            return filter.getRecordComponents();
        }
    };

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

    public Listing {
        dates = Map.copyOf(dates);
    }

    /// A list that can be filtered by `date_created`, which stands beside the id.
    public Listing(String select, String where, String id, Family ids) {
        this(
                select,
                where,
                id,
                ids,
                Map.of("date_created", id.substring(0, id.indexOf('.') + 1) + "date_created"),
                Optional.empty(),
                id);
    }

    /// The same in the order of another column, which is unique. Cursors are ids all the same.
    public Listing orderedBy(String column) {
        return new Listing(select, where, id, ids, dates, counted, column);
    }

    /// The same, to be filtered by one more date attribute.
    public Listing date(String attribute, String column) {
        var more = new LinkedHashMap<>(dates);
        more.put(attribute, column);
        return new Listing(select, where, id, ids, more, counted, order);
    }

    /// The same, whose unfiltered total is kept by `call counted_list('…')`. All rows of the organisation must
    /// be in the list where the filter is empty.
    public Listing counted(String table) {
        return new Listing(select, where, id, ids, dates, Optional.of(table), order);
    }

    /// Reads a page.
    ///
    /// @param filter a record whose components are optional and named in [#where]
    /// @throws ApiException `invalid-parameter` for a cursor that names nothing the organisation has, or a
    ///     date that is none
    public <R> Slice<R> page(Handle tx, Tenant organisation, Record filter, Page page, RowMapper<R> row) {
        var conditions = DateFilters.of(dates, page.dates());
        Predicate<String> known = cursor -> ids.holds(cursor) && knows(tx, organisation, cursor);
        page.check(known);
        var unasked = unasked(filter);
        var narrowed = select + FilterText.without(where, unasked) + text(conditions);
        boolean everything = conditions.isEmpty() && unasked.size() == COMPONENTS.get(filter.getClass()).length;
        var rows = bound(
                        tx.createQuery("""
                                select %1$s as list_total, listed.*
                                  from (values (1)) as always
                                  left join lateral (%2$s order by %3$s desc limit %4$d) as listed on true
                                 order by listed.%5$s desc
                                """.formatted(
                                        counted.filter(_ -> everything)
                                                .map(Totals::of)
                                                .orElse("(select count(*) from (" + narrowed + ") counted)"),
                                        narrowed + cursors(page),
                                        order,
                                        more(page),
                                        bare(order))),
                        filter,
                        conditions)
                .bind("organisation", organisation.value());
        page.after().ifPresent(after -> rows.bind("after", after));
        page.before().ifPresent(before -> rows.bind("before", before));
        return rows.<Slice<R>>scanResultSet((found, context) -> slice(found.get(), context, page, row));
    }

    /// Each row comes with the list's total; where the page is empty, a row of nothing else does.
    private <R> Slice<R> slice(ResultSet rows, StatementContext context, Page page, RowMapper<R> row)
            throws SQLException {
        var items = new ArrayList<R>();
        long total = 0;
        while (rows.next()) {
            total = rows.getLong("list_total");
            if (rows.getObject(bare(id)) != null) {
                items.add(row.map(rows, context));
            }
        }
        return Slice.of(items, page, total);
    }

    /// A column as the rows have it.
    private static String bare(String column) {
        return column.substring(column.indexOf('.') + 1);
    }

    /// The first page of each of several parents, such as the results of the polls of a list: two statements,
    /// however many they are. A parent without rows is left out.
    ///
    /// @param parent the column that names the parent
    public <R> Map<UUID, Slice<R>> firstPages(
            Handle tx, Tenant organisation, String parent, Collection<UUID> parents, Page page, RowMapper<R> row) {
        var totals = tx.createQuery("""
                        select <parent> as parent, count(*) as total from (<select>) listed
                         where organisation = :organisation and <parent> = any(:parents) group by 1
                        """)
                .define("parent", parent)
                .define("select", select)
                .bind("organisation", organisation.value())
                .bindArray("parents", UUID.class, parents)
                .map((total, _) -> Map.entry(total.getObject("parent", UUID.class), total.getLong("total")))
                .collectToMap(Map.Entry::getKey, Map.Entry::getValue);
        var pages = new HashMap<UUID, List<R>>();
        tx.createQuery("""
                        select listed.* from unnest(:parents) as parents (parent)
                         cross join lateral (<select> where organisation = :organisation and <parent> = parents.parent
                                             order by <order> desc limit <limit>) listed
                         order by <order> desc
                        """)
                .define("parent", parent)
                .define("select", select)
                .define("order", order)
                .define("limit", more(page))
                .bind("organisation", organisation.value())
                .bindArray("parents", UUID.class, totals.keySet())
                .map((found, context) -> Map.entry(found.getObject(parent, UUID.class), row.map(found, context)))
                .forEach(found -> pages.computeIfAbsent(found.getKey(), _ -> new ArrayList<>())
                        .add(found.getValue()));
        var slices = new HashMap<UUID, Slice<R>>();
        pages.forEach((of, rows) -> slices.put(of, Slice.of(rows, page, totals.getOrDefault(of, 0L))));
        return slices;
    }

    /// One row beyond the page tells whether more follow. It stands in the statement's text: with a parameter, of
    /// which the server knows nothing beforehand, it plans every execution anew.
    private static int more(Page page) {
        return page.limit() + 1;
    }

    private static Query bound(Query query, Record filter, List<DateFilters.Condition> conditions) {
        query.bindMethods(filter).getConfig(SqlStatements.class).setUnusedBindingAllowed(true);
        for (int i = 0; i < conditions.size(); i++) {
            query.bind("date" + i, conditions.get(i).moment());
        }
        return query;
    }

    /// The filter's components that are empty.
    private static Set<String> unasked(Record filter) {
        var unasked = new HashSet<String>();
        for (var component : COMPONENTS.get(filter.getClass())) {
            try {
                if (Optional.empty().equals(component.getAccessor().invoke(filter))) {
                    unasked.add(component.getName());
                }
            } catch (IllegalAccessException | InvocationTargetException e) {
                throw new IllegalArgumentException("a filter's components must be readable", e);
            }
        }
        return unasked;
    }

    private String cursors(Page page) {
        return page.after().map(_ -> " and " + order + " < " + place("after")).orElse("")
                + page.before()
                        .map(_ -> " and " + order + " > " + place("before"))
                        .orElse("");
    }

    private static String text(List<DateFilters.Condition> conditions) {
        var text = new StringBuilder();
        for (int i = 0; i < conditions.size(); i++) {
            var condition = conditions.get(i);
            text.append(" and ")
                    .append(condition.column())
                    .append(' ')
                    .append(condition.operator())
                    .append(" :date")
                    .append(i);
        }
        return text.append(' ').toString();
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
                                .formatted(select, bare(id), ids.type))
                .bind("organisation", organisation.value())
                .bind("id", cursor)
                .mapTo(boolean.class)
                .one();
    }
}
