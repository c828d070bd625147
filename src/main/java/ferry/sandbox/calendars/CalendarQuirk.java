package ferry.sandbox.calendars;

/// What is out of the ordinary in an account's calendars.
public enum CalendarQuirk {
    /// More appointments in 2019 than one answer may hold.
    LARGE_YEAR,
    /// The first request for 2015 is answered 503.
    ERROR_ONCE,
    /// Whatever holds May 2016 is answered 500.
    BROKEN_MONTH,
    /// No calendar that anybody else writes to.
    OWN_ALONE,
    /// Dates as text and dates that are none, unknown zones, lists and ids that are missing, `null` for nothing.
    ODD
}
