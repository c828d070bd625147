package ferry.connector.icloud.calendars;

import ferry.connector.icloud.web.Json;
import java.time.format.DateTimeFormatter;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Which event a listed one is: the source lists a recurring event once for each occurrence, as
/// `guid__20260820T140500Z`.
///
/// @param base the guid of the event itself, of a recurring one's master
/// @param occurrence which occurrence it is; null for an event that does not recur, and for a master
/// @param exception whether the occurrence was changed, so that it is an event of its own
record EventId(String base, @Nullable String occurrence, boolean exception) {
    private static final Pattern SUFFIXED = Pattern.compile("(.+)__(\\d{8}(?:T\\d{4,6}Z?)?)", Pattern.DOTALL);
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss");

    /// Empty for what has no guid.
    static Optional<EventId> of(JsonNode event) {
        var guid = Json.text(event, "guid");
        if (guid == null || guid.isBlank()) {
            return Optional.empty();
        }
        boolean exception = Json.flag(event, "recurrenceException");
        var match = SUFFIXED.matcher(guid);
        if (match.matches()) {
            return Optional.of(new EventId(match.group(1), match.group(2), exception));
        }
        boolean occurs =
                event.path("recurrence").isString() || event.path("recurrence").isObject();
        boolean listed = exception || (occurs && Boolean.FALSE.equals(Json.maybeFlag(event, "recurrenceMaster")));
        // Without the suffix only the date tells the occurrences of a series apart.
        var occurrence = listed
                ? AppleDate.read(event.path("startDate")).map(STAMP::format).orElse("unknown")
                : null;
        return Optional.of(new EventId(guid, occurrence, exception));
    }

    EventId master() {
        return new EventId(base, null, false);
    }

    /// Whether it says no more than its master and the rule do.
    boolean isPlainOccurrence() {
        return occurrence != null && !exception;
    }

    /// The guid, with the suffix of an occurrence.
    String whole() {
        return occurrence == null ? base : base + "__" + occurrence;
    }

    /// The record's id.
    String record() {
        return "event:" + whole();
    }
}
