package ferry.connector.icloud.calendars;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.Raw;
import ferry.connector.icloud.web.SeenIds;
import ferry.error.ErrorCode;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;

/// Reads the calendars and events of one account during one task, on the caller's thread. At most the events of a year
/// are held at once, and eight bytes or so of each that there was.
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

    /// Reads [#EVENTS]. Calendars do not say when they changed, so that they come whatever the window.
    public void events(Window window, Feed feed) throws ConnectorException, InterruptedException {
        var today = LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC);
        var source = new Source(calls, Span.month(today));
        calendars(source, feed);
        var listing = new Listing(source, window, feed);
        new Walk(source, feed).years(FIRST_YEAR, today.getYear() + YEARS_AHEAD, listing::take);
        listing.finish();
    }

    private static void calendars(Source source, Feed feed) throws ConnectorException, InterruptedException {
        var answer = source.collections();
        if (answer.isEmpty()) {
            feed.incomplete();
            feed.warn("calendars_unavailable", "The source did not list the calendars.");
            return;
        }
        var seen = new SeenIds();
        var listed = answer.get().path("Collection");
        for (var collection : listed.isObject() ? List.of(listed) : listed) {
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
