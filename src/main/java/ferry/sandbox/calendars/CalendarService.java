package ferry.sandbox.calendars;

import ferry.http.Exchange;
import ferry.sandbox.Account;
import ferry.sandbox.Replies;
import ferry.sandbox.Service;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/// The service `calendar` (`icloud-protocol` 2.4), reading only. An answer holds at most [#MOST_EVENTS] events; a
/// stretch of time with more is refused.
public final class CalendarService implements Service {
    static final int MOST_EVENTS = 500;

    private static final String DETAIL = "/ca/eventdetail/";
    private static final LocalDate ONCE = LocalDate.of(2015, 6, 1);
    private static final LocalDate BROKEN = LocalDate.of(2016, 5, 15);

    private final CalendarStores stores;

    public CalendarService(CalendarStores stores) {
        this.stores = stores;
    }

    private record Days(LocalDate from, LocalDate to) {
        boolean hold(LocalDate day) {
            return !day.isBefore(from) && !day.isAfter(to);
        }
    }

    @Override
    public void handle(Exchange exchange, Account account, String path) {
        var query = query(exchange);
        if (!query.containsKey("dsid")) {
            refused(exchange, 421, "Missing dsid");
            return;
        }
        if (!exchange.method().equals("GET")) {
            refused(exchange, 405, "this simulator is never written to");
            return;
        }
        var zone = zone(query.getOrDefault("usertz", "US/Pacific"));
        if (zone.isEmpty()) {
            refused(exchange, 400, "usertz is no time zone");
            return;
        }
        var store = stores.of(account);
        if (path.equals("/ca/allcollections")) {
            Replies.json(exchange, 200, collections(store));
        } else if (path.equals("/ca/startup") || path.equals("/ca/events")) {
            listing(exchange, store, query, zone.get(), path.equals("/ca/startup"));
        } else if (path.startsWith(DETAIL)) {
            detail(exchange, store, path.substring(DETAIL.length()), zone.get());
        } else {
            Replies.empty(exchange, 404);
        }
    }

    private static ObjectNode collections(CalendarStore store) {
        var body = Replies.object();
        var list = body.putArray("Collection");
        for (var collection : store.collections()) {
            list.add(collection.json(list.size(), store.edits(collection.guid())));
        }
        return body;
    }

    private static void listing(
            Exchange exchange, CalendarStore store, Map<String, String> query, ZoneId zone, boolean startup) {
        var days = days(query);
        if (days.isEmpty()) {
            refused(exchange, 400, "startDate and endDate are two days, the second not before the first");
            return;
        }
        if (store.has(CalendarQuirk.BROKEN_MONTH) && days.get().hold(BROKEN)) {
            exchange.set("Retry-After", "0");
            refused(exchange, 500, "Internal Server Error");
            return;
        }
        if (store.has(CalendarQuirk.ERROR_ONCE) && days.get().hold(ONCE) && store.failsNow()) {
            exchange.set("Retry-After", "0");
            refused(exchange, 503, "Service Unavailable");
            return;
        }
        var found = store.appointments().stream()
                .flatMap(each ->
                        Occurrence.of(each, days.get().from(), days.get().to(), zone).stream())
                .toList();
        if (found.size() > MOST_EVENTS) {
            refused(exchange, 400, "too many events in this range");
            return;
        }
        var body = startup ? collections(store) : Replies.object();
        var events = new EventJson(zone, false);
        found.forEach(events::add);
        events.into(body, store.has(CalendarQuirk.ODD));
        Replies.json(exchange, 200, body);
    }

    private static void detail(Exchange exchange, CalendarStore store, String rest, ZoneId zone) {
        var parts = List.of(rest.split("/", -1));
        var guid = parts.size() == 2 ? decoded(parts.getLast()) : "";
        var found = occurrence(store, guid)
                .filter(each -> each.of().calendar().equals(decoded(parts.getFirst())))
                .filter(each -> each.of().oddity() != Oddity.NO_DETAILS);
        if (found.isEmpty()) {
            refused(exchange, 404, "no such event");
            return;
        }
        var body = Replies.object();
        var events = new EventJson(zone, true);
        events.add(found.get());
        events.into(body, false);
        Replies.json(exchange, 200, body);
    }

    /// The master itself is told as its first occurrence, even where that was moved or removed.
    private static Optional<Occurrence> occurrence(CalendarStore store, String guid) {
        var master = store.find(guid).map(each -> new Occurrence(each, 0, each.start(), each.start()));
        int suffix = guid.lastIndexOf("__");
        if (master.isPresent() || suffix < 0) {
            return master;
        }
        return store.find(guid.substring(0, suffix)).stream()
                .flatMap(each ->
                        Occurrence.of(each, LocalDate.of(1900, 1, 1), LocalDate.of(2100, 1, 1), ZoneId.of("UTC"))
                                .stream())
                .filter(each -> each.guid().equals(guid))
                .findFirst();
    }

    private static Optional<Days> days(Map<String, String> query) {
        try {
            var days = new Days(
                    LocalDate.parse(query.getOrDefault("startDate", "")),
                    LocalDate.parse(query.getOrDefault("endDate", "")));
            return days.to().isBefore(days.from()) ? Optional.empty() : Optional.of(days);
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }

    private static Optional<ZoneId> zone(String name) {
        try {
            return Optional.of(ZoneId.of(name));
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }

    private static Map<String, String> query(Exchange exchange) {
        var query = new HashMap<String, String>();
        for (var parameter : exchange.query().split("&", -1)) {
            int equals = parameter.indexOf('=');
            if (equals > 0) {
                query.put(parameter.substring(0, equals), decoded(parameter.substring(equals + 1)));
            }
        }
        return query;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    private static void refused(Exchange exchange, int status, String why) {
        Replies.json(exchange, status, Replies.object().put("success", false).put("error", why));
    }
}
