package ferry.connector.icloud.calendars;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// Goes through the years, since the source cannot be asked for everything. What it does not answer, and what is very
/// big, is asked for again in halves, down to a month (`icloud-protocol` 2.4). One thread.
final class Walk {
    /// So many in one answer may be as many as the source gives.
    static final int VERY_MANY = 2000;
    /// So many months without a single answer, and the service itself is the cause.
    private static final int HOPELESS = 24;

    private static final int NAMED = 12;

    private final Source source;
    private final Feed feed;
    private final List<String> lost = new ArrayList<>();
    private boolean answered;

    Walk(Source source, Feed feed) {
        this.source = source;
        this.feed = feed;
    }

    /// Takes one answer, which is held no longer than that.
    @FunctionalInterface
    interface Taker {
        void take(JsonNode answer) throws ConnectorException, InterruptedException;
    }

    /// @param last the last year, inclusive
    void years(int first, int last, Taker taker) throws ConnectorException, InterruptedException {
        for (int year = first; year <= last; year++) {
            read(Span.year(year), taker);
        }
        if (!lost.isEmpty()) {
            feed.warn(
                    "window_unreadable",
                    "The source did not answer for " + lost.size() + " months: "
                            + String.join(", ", lost.subList(0, Math.min(NAMED, lost.size())))
                            + (lost.size() > NAMED ? ", …" : "."));
        }
    }

    private void read(Span span, Taker taker) throws ConnectorException, InterruptedException {
        var answer = source.events(span);
        answered |= answer.isPresent();
        if (answer.isPresent() && (span.isMonth() || answer.get().path("Event").size() < VERY_MANY)) {
            taker.take(answer.get());
        } else if (span.isMonth()) {
            lose(span);
        } else {
            for (var half : span.halves()) {
                read(half, taker);
            }
        }
    }

    private void lose(Span month) throws ConnectorException {
        feed.incomplete();
        lost.add(month.from().toString().substring(0, 7));
        if (!answered && lost.size() == HOPELESS) {
            throw source.last();
        }
    }
}
