package ferry.connector.icloud.calendars;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/// Goes through the years, since the source cannot be asked for everything. What it does not answer is asked for again
/// in halves, down to a month, and what is very big, down to a day (`icloud-protocol` 2.4). One thread.
final class Walk {
    /// So many in one answer may be as many as the source gives.
    static final int VERY_MANY = 2000;
    /// So many months without a single answer, and the service itself is the cause.
    private static final int HOPELESS = 24;

    private static final int NAMED = 12;

    private final Source source;
    private final Feed feed;
    /// Months of which nothing, or not all, was answered.
    private final Set<String> lost = new LinkedHashSet<>();

    private final List<String> full = new ArrayList<>();
    private boolean answered;

    Walk(Source source, Feed feed) {
        this.source = source;
        this.feed = feed;
    }

    /// Takes what is answered.
    interface Taker {
        /// Takes one answer, which is held no longer than that. What it holds may come again with another.
        void take(JsonNode answer) throws ConnectorException, InterruptedException;

        /// All answers for that span have been taken, after those for all spans before it.
        ///
        /// @param whole whether they held all that there is
        void passed(Span span, boolean whole);
    }

    /// @param last the last year, inclusive
    void years(int first, int last, Taker taker) throws ConnectorException, InterruptedException {
        for (int year = first; year <= last; year++) {
            read(Span.year(year), taker);
        }
        if (!lost.isEmpty()) {
            feed.warn("window_unreadable", "The source did not answer for " + lost.size() + " months: " + named(lost));
        }
        if (!full.isEmpty()) {
            feed.warn(
                    "window_overfull",
                    "As many events as the source may give at once came for " + full.size() + " days: " + named(full));
        }
    }

    private static String named(Collection<String> some) {
        return some.stream().limit(NAMED).collect(Collectors.joining(", ")) + (some.size() > NAMED ? ", …" : ".");
    }

    private void read(Span span, Taker taker) throws ConnectorException, InterruptedException {
        var answer = source.events(span);
        answered |= answer.isPresent();
        boolean isBig = answer.isPresent() && answer.get().path("Event").size() >= VERY_MANY;
        if (answer.isPresent() && (!isBig || span.isMonth())) {
            taker.take(answer.get());
        }
        if (answer.isPresent() && !isBig) {
            taker.passed(span, true);
        } else if (isBig ? span.isDay() : span.isMonth()) {
            lose(span, isBig);
            taker.passed(span, false);
        } else {
            for (var half : span.halves()) {
                read(half, taker);
            }
        }
    }

    private void lose(Span span, boolean isBig) throws ConnectorException {
        feed.incomplete();
        if (isBig) {
            full.add(span.from().toString());
            return;
        }
        lost.add(span.from().toString().substring(0, 7));
        if (!answered && lost.size() == HOPELESS) {
            throw source.last();
        }
    }
}
