package ferry.http;

import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;

/// Which part of a list is asked for: the items strictly between two cursors, newest first.
///
/// @param limit items at most, 1 to 1000
/// @param after the id to start after, towards older items
/// @param before the id to stop at
public record Page(int limit, Optional<String> after, Optional<String> before) {
    private static final int DEFAULT = 10;
    private static final int MOST = 1000;

    /// The first page of a list nested in another resource.
    public static final Page FIRST = new Page(DEFAULT, Optional.empty(), Optional.empty());

    static Page of(Request request) {
        int limit = request.filter("limit").map(Page::limit).orElse(DEFAULT);
        return new Page(limit, request.filter("after_id"), request.filter("before_id"));
    }

    /// The cursor to start after, of a list whose ids are UUIDs.
    public Optional<UUID> afterUuid() {
        return after.map(id -> Ids.uuid(id).orElseThrow(() -> unknown("after_id")));
    }

    /// The cursor to stop at, of a list whose ids are UUIDs.
    public Optional<UUID> beforeUuid() {
        return before.map(id -> Ids.uuid(id).orElseThrow(() -> unknown("before_id")));
    }

    /// The cursor to start after, of a list whose ids are numbers.
    public Optional<Long> afterNumber() {
        return after.map(id -> Ids.number(id).orElseThrow(() -> unknown("after_id")));
    }

    /// The cursor to stop at, of a list whose ids are numbers.
    public Optional<Long> beforeNumber() {
        return before.map(id -> Ids.number(id).orElseThrow(() -> unknown("before_id")));
    }

    /// Refuses cursors that name nothing in the list, of a list whose ids are UUIDs.
    ///
    /// @param known whether the list has an item of that id
    public void checkUuids(Predicate<UUID> known) {
        check("after_id", afterUuid(), known);
        check("before_id", beforeUuid(), known);
    }

    /// Refuses cursors that name nothing in the list, of a list whose ids are numbers.
    ///
    /// @param known whether the list has an item of that id
    public void checkNumbers(Predicate<Long> known) {
        check("after_id", afterNumber(), known);
        check("before_id", beforeNumber(), known);
    }

    private static <I> void check(String cursor, Optional<I> id, Predicate<I> known) {
        if (id.isPresent() && !known.test(id.get())) {
            throw unknown(cursor);
        }
    }

    private static ApiException unknown(String cursor) {
        return ApiException.parameter(cursor, "names no item of this list");
    }

    private static int limit(String text) {
        var number = Ids.number(text).orElseThrow(() -> ApiException.parameter("limit", "is not a number from 1"));
        if (number > MOST) {
            throw ApiException.parameter("limit", "is more than " + MOST);
        }
        return number.intValue();
    }
}
