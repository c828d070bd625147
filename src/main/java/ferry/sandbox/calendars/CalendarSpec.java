package ferry.sandbox.calendars;

import ferry.sandbox.Account;
import java.util.Map;
import java.util.Set;

/// Describes an account's calendars; the same description always grows into the same ones.
///
/// @param seed where their randomness starts
/// @param quirks what is out of the ordinary in them
record CalendarSpec(long seed, Set<CalendarQuirk> quirks) {
    private static final Map<String, CalendarQuirk> NAMED = Map.of(
            "calendars-large@sandbox.example", CalendarQuirk.LARGE_YEAR,
            "calendars-error@sandbox.example", CalendarQuirk.ERROR_ONCE,
            "calendars-broken@sandbox.example", CalendarQuirk.BROKEN_MONTH,
            "calendars-own@sandbox.example", CalendarQuirk.OWN_ALONE,
            "calendars-odd@sandbox.example", CalendarQuirk.ODD);

    static CalendarSpec of(Account account) {
        var quirk = NAMED.get(account.identifier());
        return new CalendarSpec(account.dsid(), quirk == null ? Set.of() : Set.of(quirk));
    }

    boolean has(CalendarQuirk quirk) {
        return quirks.contains(quirk);
    }
}
