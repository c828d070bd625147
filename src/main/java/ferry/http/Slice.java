package ferry.http;

import java.util.List;

/// A page's rows.
///
/// @param items at most the page's limit, newest first
/// @param more whether older items follow before the page's end
/// @param total all rows that fit the filters, whatever the cursors
public record Slice<R>(List<R> items, boolean more, long total) {
    public Slice {
        items = List.copyOf(items);
    }

    /// A page of nothing.
    public static <R> Slice<R> empty() {
        return new Slice<>(List.of(), false, 0);
    }

    /// Cuts rows that were read one beyond the limit.
    public static <R> Slice<R> of(List<R> oneMore, Page page, long total) {
        boolean more = oneMore.size() > page.limit();
        return new Slice<>(more ? oneMore.subList(0, page.limit()) : oneMore, more, total);
    }
}
