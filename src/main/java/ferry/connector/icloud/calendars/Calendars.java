package ferry.connector.icloud.calendars;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.Differences;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.Raw;
import ferry.connector.icloud.web.SeenIds;
import ferry.crypto.Digests;
import ferry.error.ErrorCode;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Reads the calendars and events of one account during one task, on the caller's thread. At most the events of
/// a year are held at once, recurring ones to the end, and eight bytes or so of each that there was.
public final class Calendars {
    /// Calendars, then events.
    public static final String EVENTS = "icloud_calendars.events";

    static final int FIRST_YEAR = 1970;
    private static final int YEARS_AHEAD = 5;

    private final Calls calls;
    private final InstantSource clock;

    /// @param clock says which year it is
    public Calendars(Calls calls, InstantSource clock) {
        this.calls = calls;
        this.clock = clock;
    }

    /// Reads [#EVENTS]. Calendars do not say when they changed, so that they come whatever the window. No event is
    /// listed where all calendars are the owner's own and have the tags that they had on the same day.
    public void events(Window window, Feed feed, Differences.Before before)
            throws ConnectorException, InterruptedException {
        var today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        var source = new Source(calls, Span.month(today));
        int last = today.getYear() + YEARS_AHEAD;
        var calendars = source.collections();
        var mark = calendars.flatMap(listed -> mark(collections(listed), today));
        if (mark.filter(before::had).isEmpty()) {
            give(calendars, feed);
            var listing = new Listing(source, window, feed);
            new Walk(source, feed).years(FIRST_YEAR, last, listing);
            listing.finish(today);
            mark.ifPresent(before::keep);
        }
        feed.warn(
                "years_read",
                "Events are read from " + Span.year(FIRST_YEAR).from() + " to "
                        + Span.year(last).to() + ".");
    }

    /// All that is said of the calendars, whose tags change with what lies in them. Whether that of a calendar
    /// that others write to does has not been seen: with one of those nothing is known. A tag might mean less
    /// than it seems to, and each year there is one more to read: so all is listed at least once a day.
    private static Optional<String> mark(List<JsonNode> collections, LocalDate today) {
        boolean known = !collections.isEmpty()
                && collections.stream().allMatch(one -> isOwn(one) && Json.text(one, "ctag") != null);
        return known ? Optional.of(today + " " + Digests.shortHex(collections.toString())) : Optional.empty();
    }

    private static boolean isOwn(JsonNode collection) {
        return "personal".equalsIgnoreCase(Json.text(collection, "objectType"))
                && Json.text(collection, "shareType") == null
                && !Json.flag(collection, "isFamily");
    }

    private static List<JsonNode> collections(JsonNode answer) {
        var listed = answer.path("Collection");
        return listed.isObject() ? List.of(listed) : listed.valueStream().toList();
    }

    private static void give(Optional<JsonNode> calendars, Feed feed) throws InterruptedException {
        if (calendars.isEmpty()) {
            feed.incomplete();
            feed.warn("calendars_unavailable", "The source did not list the calendars.");
            return;
        }
        var seen = new SeenIds();
        for (var collection : collections(calendars.get())) {
            var guid = Json.text(collection, "guid");
            if (guid == null) {
                feed.refused(
                        "calendar:unnamed", ErrorCode.NOT_RETRIEVABLE, "The source listed a calendar without an id.");
            } else if (seen.add(guid)) {
                feed.item(CalendarEntry.of(guid, collection), () -> Raw.of(collection));
            }
        }
    }
}
