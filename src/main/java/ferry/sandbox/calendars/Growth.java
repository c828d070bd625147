package ferry.sandbox.calendars;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.UUID;

/// Grows an account's calendars from its seed: fifteen years of appointments, series with changed and removed
/// occurrences, one of them older than 1970, and what the account's quirks ask for. One thread.
final class Growth {
    private static final int FIRST_YEAR = 2012;
    private static final int LAST_YEAR = 2026;
    private static final int EACH_YEAR = 8;
    private static final int IN_A_LARGE_YEAR = 1300;

    private static final List<String> ZONES =
            List.of("Europe/Berlin", "US/Pacific", "America/New_York", "Asia/Tokyo", "Europe/London", "");
    private static final List<String> WHAT =
            List.of("Lunch", "Dentist", "Review", "Choir", "Swimming", "Parents' evening", "Call", "Workshop");
    private static final List<String> WHERE = List.of("Town hall", "Room 4", "At home", "Café Sandkasten");

    private final CalendarSpec spec;
    private final SplittableRandom random;
    private final HashSet<String> guids = new HashSet<>();
    private final List<Appointment> grown = new ArrayList<>();

    Growth(CalendarSpec spec) {
        this.spec = spec;
        this.random = new SplittableRandom(spec.seed());
    }

    List<Collection> collections() {
        var all = new ArrayList<>(List.of(
                new Collection("home", "Home", "#1BADF8", "personal", false, false, null),
                new Collection("work", "Work", "#63DA38", "personal", false, false, null),
                new Collection("family", "Family", "#CC73E1", "personal", false, true, "shared"),
                new Collection("team", "Team", "#FF9500", "personal", true, false, "shared"),
                new Collection("holidays", "Holidays", "#A2845E", "subscribed", true, false, null)));
        if (spec.has(CalendarQuirk.OWN_ALONE)) {
            all.removeIf(each -> each.share() != null || !each.type().equals("personal"));
        }
        if (spec.has(CalendarQuirk.ODD)) {
            all.add(new Collection("odd", "", "", "moon-phases", false, false, null));
        }
        return all;
    }

    List<Appointment> appointments() {
        for (int year = FIRST_YEAR; year <= LAST_YEAR; year++) {
            year(year, EACH_YEAR);
        }
        series();
        if (spec.has(CalendarQuirk.LARGE_YEAR)) {
            year(2019, IN_A_LARGE_YEAR);
        }
        if (spec.has(CalendarQuirk.ODD)) {
            odd();
        }
        var there = collections().stream().map(Collection::guid).toList();
        grown.removeIf(each -> !there.contains(each.calendar()));
        return grown;
    }

    private void year(int year, int count) {
        for (int i = 0; i < count; i++) {
            var start = LocalDate.of(year, 1, 1)
                    .plusDays(random.nextInt(365))
                    .atTime(random.nextInt(7, 21), random.nextInt(4) * 15);
            var calendar = pick(List.of("home", "work", "family", "team"));
            var stamp = start.minusDays(random.nextInt(1, 60)).toInstant(ZoneOffset.UTC);
            if (i % 8 == 3) {
                grown.add(Appointment.days(
                        guid(), calendar, "Trip", start.toLocalDate().atStartOfDay(), random.nextInt(1, 9), stamp));
                continue;
            }
            var plain = Appointment.plain(
                    guid(), calendar, pick(WHAT), pick(ZONES), start, random.nextInt(1, 9) * 15, stamp);
            grown.add(i % 4 == 0 ? detailed(plain) : plain);
        }
    }

    private Appointment detailed(Appointment plain) {
        return plain.with(
                pick(WHERE),
                "Please bring the folder with number " + random.nextInt(1000) + ".",
                List.of("owner@sandbox.example", "robin@sandbox.example"),
                List.of(15, 1440),
                random.nextBoolean() ? List.of("agenda.pdf") : List.of());
    }

    private void series() {
        var meeting = LocalDateTime.of(2014, 3, 3, 9, 30);
        var stamp = Instant.parse("2014-02-20T08:00:00Z");
        var changed = Instant.parse("2016-01-05T11:00:00Z");
        grown.add(detailed(
                Appointment.plain("weekly-meeting", "work", "Weekly meeting", "Europe/Berlin", meeting, 45, stamp)
                        .recurring(new Rule("weekly", 1, 0, LocalDate.of(2018, 6, 30)))
                        .moving(meeting.plusWeeks(40), meeting.plusWeeks(40).plusHours(3), changed)
                        .moving(meeting.plusWeeks(95), meeting.plusWeeks(95).plusDays(1), changed)
                        .without(meeting.plusWeeks(43), changed)));
        grown.add(Appointment.days(
                        "old-birthday",
                        "family",
                        "Grandmother's birthday",
                        LocalDateTime.of(1941, 5, 17, 0, 0),
                        1,
                        stamp)
                .recurring(Rule.every("yearly", 1)));
        var course = LocalDateTime.of(2020, 9, 7, 18, 0);
        grown.add(Appointment.plain("course", "home", "Course", "US/Pacific", course, 90, stamp)
                .recurring(new Rule("daily", 2, 10, null))
                .without(course, changed));
        grown.add(Appointment.plain("rent", "home", "Rent", "", LocalDateTime.of(2021, 12, 31, 8, 0), 0, stamp)
                .recurring(Rule.every("monthly", 1)));
        grown.add(
                Appointment.days("new-year", "holidays", "New Year's Day", LocalDateTime.of(2012, 1, 1, 0, 0), 1, stamp)
                        .recurring(Rule.every("yearly", 1)));
        grown.add(Appointment.plain(
                "new-years-eve",
                "family",
                "Party",
                "Europe/Berlin",
                LocalDateTime.of(2017, 12, 31, 20, 0),
                480,
                stamp));
    }

    private void odd() {
        var at = LocalDateTime.of(2022, 2, 1, 10, 0);
        for (var oddity : Oddity.values()) {
            if (oddity != Oddity.NONE) {
                at = at.plusDays(3);
                var guid = "odd-" + oddity.name().toLowerCase(Locale.ROOT).replace('_', '-');
                var plain = Appointment.plain(
                        guid, "odd", oddity.name(), "Europe/Berlin", at, 60, at.toInstant(ZoneOffset.UTC));
                grown.add((oddity == Oddity.NO_DETAILS ? detailed(plain) : plain).odd(oddity));
            }
        }
    }

    private String guid() {
        var guid = new UUID(random.nextLong(), random.nextLong()).toString().toUpperCase(Locale.ROOT);
        return guids.add(guid) ? guid : guid();
    }

    private String pick(List<String> some) {
        return some.get(random.nextInt(some.size()));
    }
}
