package ferry.connector.icloud.calendars;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.SeenIds;
import ferry.error.ErrorCode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Turns the answers for spans of time into records, each event once, in whichever spans it lies. A recurring event
/// comes as its master and as each of its changed occurrences; the plain ones follow from its rule, but for those that
/// the source does not list ([Series]). One thread.
final class Listing implements Walk.Taker {
    /// So many masters wait for the end; of more it is not said which occurrences were removed.
    private static final int MOST_SERIES = 5000;

    private static final Duration FURTHEST_ZONE = Duration.ofHours(14);

    private final Source source;
    private final Window window;
    private final Feed feed;
    private final SeenIds seen = new SeenIds();
    /// By the master's guid.
    private final Map<String, Series> series = new LinkedHashMap<>();

    private final List<Span> unread = new ArrayList<>();
    private long withoutDetails;
    private long inferred;

    Listing(Source source, Window window, Feed feed) {
        this.source = source;
        this.window = window;
        this.feed = feed;
    }

    @Override
    public void take(JsonNode answer) throws ConnectorException, InterruptedException {
        var related = Related.of(answer);
        var occurrences = new ArrayList<JsonNode>();
        for (var event : events(answer)) {
            var id = EventId.of(event);
            if (id.isEmpty()) {
                feed.refused("event:unnamed", ErrorCode.NOT_RETRIEVABLE, "The source listed an event without an id.");
                continue;
            }
            if (!id.get().isPlainOccurrence()) {
                give(id.get(), event, related);
            }
            if (id.get().occurrence() != null) {
                occurrences.add(event);
            }
        }
        // After the others: the master may stand behind its occurrences in the same answer.
        for (var event : occurrences) {
            var id = EventId.of(event).orElseThrow();
            giveMaster(id, event, related);
            Optional.ofNullable(series.get(id.base())).ifPresent(known -> occurs(known, id, event));
        }
    }

    /// One that was moved only says by its id's suffix which one it is.
    private static void occurs(Series series, EventId id, JsonNode event) {
        if (id.exception() && !id.whole().equals(Json.text(event, "guid"))) {
            series.doubt();
        } else {
            series.saw(id.whole().substring(id.base().length() + "__".length()));
        }
    }

    @Override
    public void passed(Span span, boolean whole) {
        if (!whole) {
            unread.add(span);
        }
        var first = Span.year(Calendars.FIRST_YEAR).from();
        series.values().forEach(each -> each.settle(first, span.to().minusDays(Series.MARGIN_DAYS), unread));
    }

    /// Gives the recurring events and says what the feed lacks, once all is taken.
    void finish(LocalDate today) throws InterruptedException {
        for (var each : series.values()) {
            feed.item(each.record(today), each.raw());
        }
        if (withoutDetails > 0) {
            feed.warn("details_missing", "The source did not give the details of " + withoutDetails + " events.");
        }
        if (inferred > 0) {
            feed.warn(
                    "master_inferred",
                    "Of " + inferred
                            + " recurring events only occurrences could be had; what they say stands for all.");
        }
    }

    private void give(EventId id, JsonNode event, Related related) throws ConnectorException, InterruptedException {
        if (!seen.add(id.whole()) || !isAskedFor(event)) {
            return;
        }
        if (!Boolean.FALSE.equals(Json.maybeFlag(event, "extendedDetailsAreIncluded"))) {
            give(id, EventEntry.of(id, event, related, true), () -> related.raw(event));
            return;
        }
        var guid = Json.text(event, "guid");
        var details = details(event, guid == null ? id.base() : guid);
        var found = details.flatMap(answer -> named(answer, guid == null ? id.base() : guid));
        if (found.isEmpty()) {
            withoutDetails++;
            feed.incomplete();
            give(id, EventEntry.of(id, event, related, false), () -> related.raw(event));
            return;
        }
        var both = Related.of(details.get()).and(related);
        var whole = completed(event, found.get());
        give(id, EventEntry.of(id, whole, both, true), () -> both.raw(whole));
    }

    /// What is listed.
    private void give(EventId id, ObjectNode record, Supplier<JsonNode> raw) throws InterruptedException {
        if (id.occurrence() != null || !isHeld(id.base(), record, raw)) {
            feed.item(record, raw);
        } else {
            Optional.ofNullable(series.get(id.base())).ifPresent(Series::sawFirst);
        }
    }

    /// A master waits until it is known which of its occurrences are listed.
    private boolean isHeld(String guid, ObjectNode record, Supplier<JsonNode> raw) {
        boolean isHeld = record.path("recurrence").isObject() && series.size() < MOST_SERIES;
        if (isHeld) {
            var sent = raw.get(); // of it alone: the answer that it came with may hold a year
            series.put(guid, new Series(record, () -> sent));
        }
        return isHeld;
    }

    /// The master of an occurrence that the listing holds without it: it begins before the first year, or its own
    /// first occurrence was removed.
    private void giveMaster(EventId occurrence, JsonNode event, Related related)
            throws ConnectorException, InterruptedException {
        var base = occurrence.base();
        if (seen.contains(base)) {
            return;
        }
        seen.add(base);
        if (occurrence.isPlainOccurrence() && !isAskedFor(event)) {
            return;
        }
        var details = details(event, base);
        var master = details.flatMap(answer -> named(answer, base));
        if (master.isPresent()) {
            if (isAskedFor(master.get())) {
                var both = Related.of(details.get()).and(related);
                var record = EventEntry.of(occurrence.master(), master.get(), both, true);
                if (!isHeld(base, record, () -> both.raw(master.get()))) {
                    feed.item(record, () -> both.raw(master.get()));
                }
            }
        } else if (isAskedFor(event)) {
            inferred++;
            feed.incomplete();
            feed.item(EventEntry.inferred(occurrence, event, related), () -> related.raw(event));
        }
    }

    private Optional<JsonNode> details(JsonNode event, String guid) throws ConnectorException, InterruptedException {
        var calendar = Json.text(event, "pGuid");
        return calendar == null ? Optional.empty() : source.details(calendar, guid);
    }

    private static Optional<JsonNode> named(JsonNode answer, String guid) {
        return events(answer).stream()
                .filter(event -> guid.equals(Json.text(event, "guid")))
                .findFirst();
    }

    /// What the listing says, and over it all that the details say.
    private static JsonNode completed(JsonNode listed, JsonNode details) {
        var both = (ObjectNode) listed.deepCopy();
        details.propertyStream()
                .filter(field -> !field.getValue().isNull())
                .forEach(field -> both.set(field.getKey(), field.getValue()));
        return both;
    }

    /// By when the source got or changed it; what does not say is never left out.
    private boolean isAskedFor(JsonNode event) {
        var moments = EventEntry.moments(event);
        return moments.isEmpty() || moments.stream().anyMatch(this::mayLieInWindow);
    }

    /// The source does not say in which zone it writes such a moment, so that it may be off by as much as zones are.
    private boolean mayLieInWindow(Instant moment) {
        return window.since()
                        .map(since -> !moment.plus(FURTHEST_ZONE).isBefore(since))
                        .orElse(true)
                && window.until()
                        .map(until -> moment.minus(FURTHEST_ZONE).isBefore(until))
                        .orElse(true);
    }

    private static List<JsonNode> events(JsonNode answer) {
        var events = answer.path("Event");
        return events.isObject() ? List.of(events) : events.valueStream().toList();
    }
}
