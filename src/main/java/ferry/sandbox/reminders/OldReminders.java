package ferry.sandbox.reminders;

import ferry.http.Exchange;
import ferry.sandbox.Account;
import ferry.sandbox.Replies;
import ferry.sandbox.Service;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The web service `reminders` of accounts that were never upgraded (`icloud-protocol` 2.8): everything in one answer.
/// Only they have it.
public final class OldReminders implements Service {
    private static final Instant FIRST = Instant.parse("2018-05-07T08:30:00Z");
    private static final List<String> TITLES =
            List.of("Renew the passport", "Call the plumber", "Buy stamps", "Return the ladder", "Book a table");

    private final ReminderBooks books;

    /// @param books says how many an account has: as many as it would have had at CloudKit
    public OldReminders(ReminderBooks books) {
        this.books = books;
    }

    @Override
    public void handle(Exchange exchange, Account account, String path) {
        if (!path.equals("/rd/startup")) {
            Replies.empty(exchange, 404);
        } else if (!exchange.method().equals("GET")) {
            Replies.empty(exchange, 405);
        } else if (!exchange.query().contains("dsid=")) {
            Replies.json(exchange, 421, Replies.object().put("error", "Missing dsid"));
        } else {
            Replies.json(exchange, 200, all(account));
        }
    }

    private ObjectNode all(Account account) {
        var body = Replies.object();
        var lists = body.putArray("Collections");
        Stream.of("Reminders", "House")
                .forEach(title -> lists.addObject()
                        .put("guid", list(account, title))
                        .put("title", title)
                        .put("ctag", "FT=-@RU=" + account.dsid())
                        .put("color", "#1BADF8")
                        .put("order", 1)
                        .put("completedCount", 0)
                        .put("isFamily", false));
        var reminders = body.putArray("Reminders");
        int count = books.of(account).reminders().size();
        for (int i = 0; i < count; i++) {
            reminder(reminders.addObject(), account, i);
        }
        return body;
    }

    private static void reminder(ObjectNode json, Account account, int i) {
        var when = FIRST.plus(Duration.ofDays(3L * i));
        json.put("guid", "R-" + account.dsid() + "-" + i)
                .put("pGuid", list(account, i % 3 == 0 ? "House" : "Reminders"))
                .put("title", TITLES.get(i % TITLES.size()))
                .put("description", i % 2 == 0 ? "Note " + i : null)
                .put("priority", List.of(0, 1, 5, 9).get(i % 4))
                .put("tzid", "Europe/Lisbon")
                .put("dueDateIsAllDay", false)
                .put("etag", "C=" + i);
        date(json.putArray("createdDate"), when);
        date(json.putArray("lastModifiedDate"), when.plus(Duration.ofHours(1)));
        if (i % 2 == 0) {
            date(json.putArray("dueDate"), when.plus(Duration.ofDays(2)));
        }
        if (i % 4 == 1) {
            date(json.putArray("completedDate"), when.plus(Duration.ofDays(1)));
        }
        json.putArray("alarms");
    }

    private static String list(Account account, String title) {
        return "L-" + account.dsid() + "-" + title;
    }

    /// The day as one number, year, month, day, hour, minute, and minutes of the day.
    private static void date(ArrayNode date, Instant at) {
        var time = at.atOffset(ZoneOffset.UTC);
        date.add(time.getYear() * 10_000 + time.getMonthValue() * 100 + time.getDayOfMonth())
                .add(time.getYear())
                .add(time.getMonthValue())
                .add(time.getDayOfMonth())
                .add(time.getHour())
                .add(time.getMinute())
                .add(time.getHour() * 60 + time.getMinute());
    }
}
