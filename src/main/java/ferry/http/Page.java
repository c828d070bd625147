package ferry.http;

import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// Which part of a list is asked for: the items strictly between two cursors, newest first, and of what dates.
///
/// @param limit items at most, 1 to 1000
/// @param after the id to start after, towards older items
/// @param before the id to stop at
/// @param dates query parameters that may be datetime filters; each list knows which it has
public record Page(int limit, Optional<String> after, Optional<String> before, Map<String, String> dates) {
    private static final int DEFAULT = 10;
    private static final int MOST = 1000;

    /// The first page of a list nested in another resource.
    public static final Page FIRST = new Page(DEFAULT, Optional.empty(), Optional.empty());

    public Page {
        dates = Map.copyOf(dates);
    }

    /// A page whatever the dates.
    public Page(int limit, Optional<String> after, Optional<String> before) {
        this(limit, after, before, Map.of());
    }

    static Page of(Request request) {
        int limit = request.filter("limit").map(Page::limit).orElse(DEFAULT);
        return new Page(
                limit, request.filter("after_id"), request.filter("before_id"), DateFilters.given(request.query()));
    }

    /// Refuses cursors that name nothing.
    ///
    /// @param known whether there is an item of that id
    void check(Predicate<String> known) {
        check("after_id", after, known);
        check("before_id", before, known);
    }

    private static void check(String name, Optional<String> cursor, Predicate<String> known) {
        if (cursor.isPresent() && !known.test(cursor.get())) {
            throw ApiException.parameter(name, "names no item of this list");
        }
    }

    private static int limit(String text) {
        var number = Ids.number(text).orElseThrow(() -> ApiException.parameter("limit", "is not a number from 1"));
        if (number > MOST) {
            throw ApiException.parameter("limit", "is more than " + MOST);
        }
        return number.intValue();
    }
}
