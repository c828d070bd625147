package ferry.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A list as the API shows it, at the top level and nested in resources (ricloud-api 2).
///
/// @param resource `list`; absent only for a poll's errors, which ricloud-py cannot parse otherwise
/// @param totalCount all items that fit the filters, whatever the cursors
/// @param url the list's path
public record ListJson<T>(
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String resource,
        List<T> data,
        boolean hasMore,
        long totalCount,
        String url) {

    /// A slice of a table as the API shows it.
    public static <R, T> ListJson<T> of(Slice<R> slice, String url, Function<R, T> shown) {
        return new ListJson<>("list", slice.items().stream().map(shown).toList(), slice.more(), slice.total(), url);
    }

    /// As [#of(Slice, String, Function)], of items that are shown together.
    ///
    /// @param shown the slice's items, in its order
    public static <T> ListJson<T> of(Slice<?> slice, String url, List<T> shown) {
        return new ListJson<>("list", shown, slice.more(), slice.total(), url);
    }

    /// A list without items.
    public static <T> ListJson<T> empty(String url) {
        return new ListJson<>("list", List.of(), false, 0, url);
    }

    /// The same list without its `resource`.
    public ListJson<T> bare() {
        return new ListJson<>(null, data, hasMore, totalCount, url);
    }
}
