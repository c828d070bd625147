package ferry.form;

import biweekly.ICalVersion;
import biweekly.ICalendar;
import biweekly.io.text.ICalWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Each calendar that has events as a file of iCalendar. A feed has the events of all calendars in turn, so
/// they wait in a [Spool] until the end, when one file is written after the other.
final class Calendars implements FormWriter {
    private static final int IN_MEMORY = 4 * 1024 * 1024;
    private static final String BEGIN = "BEGIN:VEVENT";
    private static final String END = "END:VCALENDAR";

    private final Outlet outlet;
    private final Spool spool = new Spool(IN_MEMORY);
    /// By id.
    private final Map<String, Page> pages = new LinkedHashMap<>();
    private long unfit;

    Calendars(Outlet outlet) {
        this.outlet = outlet;
    }

    private final class Page {
        private final Spool.Chunks events = new Spool.Chunks(spool);
        private final Map<String, ZoneId> zones = new TreeMap<>();
        private Optional<String> title = Optional.empty();
        private Optional<String> color = Optional.empty();
        private boolean hasEvents;

        void describe(JsonNode calendar) {
            title = Told.text(calendar, "title");
            color = Told.text(calendar, "color");
        }

        void add(EventText event) {
            hasEvents = true;
            event.zone().ifPresent(zone -> zones.put(zone.getId(), zone));
            events.add(event.text().getBytes(StandardCharsets.UTF_8));
        }

        void publish(String id) throws InterruptedException {
            var sheet =
                    new Sheet(Form.ICALENDAR, id, title.map(Told::line).orElse("calendar") + ".ics", Optional.empty());
            try (var page = outlet.open(sheet)) {
                page.write(bytes(head()));
                for (var zone : zones.values()) {
                    page.write(bytes(ZoneText.of(zone)));
                }
                events.into(page);
                page.write(bytes(END + "\r\n"));
                page.commit();
            }
        }

        private String head() {
            var calendar = new ICalendar();
            title.ifPresent(text -> {
                calendar.setName(text);
                calendar.addExperimentalProperty("X-WR-CALNAME", EventText.escaped(text));
            });
            color.ifPresent(
                    text -> calendar.addExperimentalProperty("X-APPLE-CALENDAR-COLOR", EventText.escaped(text)));
            var text = Calendars.text(calendar);
            return text.substring(0, text.lastIndexOf(END));
        }
    }

    @Override
    public void item(ObjectNode record) {
        known(record);
        if (!Told.kind(record).equals("event") || !record.has("title")) {
            return; // a calendar, or it says of an event that it is gone
        }
        try {
            page(Told.text(record, "calendar_id").orElse("calendar:none")).add(EventText.of(record));
        } catch (IllegalArgumentException _) {
            unfit++;
        }
    }

    @Override
    public void known(ObjectNode record) {
        if (Told.kind(record).equals("calendar") && record.has("title")) {
            page(Told.text(record, "id").orElse("calendar:none")).describe(record);
        }
    }

    private Page page(String calendar) {
        return pages.computeIfAbsent(calendar, _ -> new Page());
    }

    @Override
    public void finish() throws InterruptedException {
        for (var each : pages.entrySet()) {
            if (each.getValue().hasEvents) {
                each.getValue().publish(each.getKey());
            }
        }
    }

    /// A calendar with its only event, as the library writes it, without what stands around the event.
    static String event(ICalendar calendar) {
        var text = text(calendar);
        return text.substring(text.indexOf(BEGIN), text.lastIndexOf(END));
    }

    private static String text(ICalendar calendar) {
        calendar.setProductId("-//Ferry//Ferry//EN");
        var text = new StringWriter();
        try (var writer = new ICalWriter(text, ICalVersion.V2_0)) {
            writer.setCaretEncodingEnabled(true);
            writer.write(calendar);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a string takes all
        }
        return text.toString();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public long unfit() {
        return unfit;
    }

    @Override
    public void close() {
        spool.close();
    }
}
