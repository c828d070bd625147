package ferry.sandbox.calendars;

/// What is odd in how one appointment is told.
enum Oddity {
    NONE,
    /// All elements of its dates are text.
    TEXT_DATES,
    /// It begins in a year 0.
    YEAR_ZERO,
    /// It ends in a thirteenth month.
    MONTH_THIRTEEN,
    /// In a zone that nobody knows.
    UNKNOWN_ZONE,
    /// Neither title nor lists, nor a zone.
    BARE,
    NO_GUID,
    /// Its details cannot be had.
    NO_DETAILS,
    /// It stands twice in each listing.
    TWICE
}
