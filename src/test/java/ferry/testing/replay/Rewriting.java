package ferry.testing.replay;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Makes a recorded answer one of this moment and of this server: its addresses lead back here, its dates are those
/// it would have today.
///
/// @param base where the server answers, such as `http://127.0.0.1:1234/__h/`
record Rewriting(String base, InstantSource clock) {
    private static final Pattern ADDRESS = Pattern.compile("https://([A-Za-z0-9.-]+)(?::443)?(?=[/\"'?\\s<\\\\]|$)");
    private static final Pattern EXPIRY = Pattern.compile("([?&]e=)\\d{9,11}(?=&)");
    /// A download's address lives an hour from its listing (icloud-protocol 2.6).
    private static final Duration ADDRESS_LIVES = Duration.ofHours(1);

    private static final DateTimeFormatter SENT =
            DateTimeFormatter.ofPattern("EEE, dd MMM uuuu HH:mm:ss 'GMT'", Locale.ROOT);
    private static final Pattern COOKIE_DATE = Pattern.compile("(\\w{3}),( ?)(\\d\\d-\\w{3}-\\d{4} [\\d:]{8}) GMT");
    private static final DateTimeFormatter COOKIE_MOMENT =
            DateTimeFormatter.ofPattern("dd-MMM-uuuu HH:mm:ss", Locale.ROOT);

    /// The same text with addresses that lead here and downloads that have just been listed.
    String text(String recorded) {
        var here = ADDRESS.matcher(recorded).replaceAll(Matcher.quoteReplacement(base) + "$1");
        var ends = clock.instant().plus(ADDRESS_LIVES).getEpochSecond();
        return EXPIRY.matcher(here).replaceAll("$1" + ends);
    }

    /// The cookies of one answer, for this host, living as long from now on as they did when they were recorded.
    List<String> cookies(Recorded recorded) {
        var sent = recorded.header("Date").stream()
                .findFirst()
                .map(date -> ZonedDateTime.of(LocalDateTime.parse(date, SENT), ZoneOffset.UTC)
                        .toInstant());
        var age = sent.map(moment -> Duration.between(moment, clock.instant())).orElse(Duration.ZERO);
        return recorded.header("Set-Cookie").stream()
                .map(cookie -> cookie(cookie, age))
                .toList();
    }

    private static String cookie(String recorded, Duration age) {
        return Arrays.stream(recorded.split(";"))
                .filter(part -> !part.strip().equalsIgnoreCase("secure"))
                .filter(part -> !part.strip().toLowerCase(Locale.ROOT).startsWith("domain="))
                .map(part -> part.strip().toLowerCase(Locale.ROOT).startsWith("expires=") ? shifted(part, age) : part)
                .collect(Collectors.joining(";"));
    }

    /// Keeps the spelling, which is not what the standard has: hyphens, and often no blank after the comma.
    private static String shifted(String expires, Duration age) {
        return COOKIE_DATE.matcher(expires).replaceAll(date -> {
            Instant moment = LocalDateTime.parse(date.group(3), COOKIE_MOMENT)
                    .toInstant(ZoneOffset.UTC)
                    .plus(age);
            var today = LocalDateTime.ofInstant(moment, ZoneOffset.UTC);
            var day = DateTimeFormatter.ofPattern("EEE", Locale.ROOT).format(today);
            return day + "," + date.group(2) + COOKIE_MOMENT.format(today) + " GMT";
        });
    }
}
