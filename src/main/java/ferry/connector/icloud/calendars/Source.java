package ferry.connector.icloud.calendars;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.ConnectorException.Unavailable;
import ferry.connector.icloud.web.Calls;
import ferry.error.ErrorCode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// The source's calendar service: tells a request that it cannot answer from a service that answers none. One thread.
final class Source {
    static final String SERVICE = "calendar";
    private static final Map<String, String> BASE = Map.of("lang", "en-us", "usertz", "UTC");

    private final Calls calls;
    /// A small request that should be answered whenever any is.
    private Span probe;

    private Refused last = unreadable();

    /// @param probe asked for while nothing else is known to be answered
    Source(Calls calls, Span probe) {
        this.calls = calls;
        this.probe = probe;
    }

    /// All calendars; empty where the source does not answer that alone.
    Optional<JsonNode> collections() throws ConnectorException, InterruptedException {
        return get("/ca/allcollections", BASE);
    }

    /// The events of that span; empty where the source does not answer for just that span.
    Optional<JsonNode> events(Span span) throws ConnectorException, InterruptedException {
        var answer = get("/ca/events", span.query()).filter(Source::holdsEvents);
        if (answer.isPresent()) {
            probe = Span.month(span.from());
        }
        return answer;
    }

    /// Everything about one event; empty where the source does not answer for just that event.
    Optional<JsonNode> details(String calendar, String guid) throws ConnectorException, InterruptedException {
        return get("/ca/eventdetail/" + segment(calendar) + "/" + segment(guid), BASE)
                .filter(Source::holdsEvents);
    }

    /// Why the latest request was not answered.
    Refused last() {
        return last;
    }

    /// @throws Unavailable where it is not this request: the source answers no other either
    private Optional<JsonNode> get(String path, Map<String, String> query)
            throws ConnectorException, InterruptedException {
        try {
            var answer = calls.get(SERVICE, path, query);
            if (answer.isObject()) {
                return Optional.of(answer);
            }
            last = unreadable();
        } catch (Refused e) {
            if (e.code() != ErrorCode.SERVICE_UNAVAILABLE) {
                throw e;
            }
            last = e;
        } catch (Unavailable e) {
            var passes = e.code() == ErrorCode.SERVICE_UNAVAILABLE || e.code() == ErrorCode.THROTTLED;
            if (!passes || !answersOthers()) {
                throw e;
            }
            last = new Refused(e.code(), String.valueOf(e.getMessage()));
        }
        return Optional.empty();
    }

    private boolean answersOthers() throws ConnectorException, InterruptedException {
        try {
            return calls.get(SERVICE, "/ca/events", probe.query()).isObject();
        } catch (Unavailable _) {
            return false;
        } catch (Refused e) {
            if (e.code() != ErrorCode.SERVICE_UNAVAILABLE) {
                throw e;
            }
            return false;
        }
    }

    /// Absent and null are how the source says that there are none.
    private static boolean holdsEvents(JsonNode answer) {
        var events = answer.path("Event");
        return events.isMissingNode() || events.isNull() || events.isArray() || events.isObject();
    }

    private static Refused unreadable() {
        return new Refused(
                ErrorCode.SERVICE_UNAVAILABLE, "The source's calendars answer with nothing that can be read.");
    }

    private static String segment(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
