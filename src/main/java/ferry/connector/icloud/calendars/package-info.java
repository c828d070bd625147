/// iCloud Calendar: the calendars of an account and all their events (`icloud-protocol` 2.4).
///
/// Start at [Calendars]. [Walk] goes through the years and halves what the source does not answer, [Listing] turns one
/// answer into records, each once, [Related] finds alarms, invitees and rules beside the events, [EventEntry] and
/// [CalendarEntry] make the feed's entries, and [AppleDate] reads the source's arrays.
@NullMarked
package ferry.connector.icloud.calendars;

import org.jspecify.annotations.NullMarked;
