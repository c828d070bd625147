/// The simulated calendar service: calendars and appointments grown from a seed, the rules that make them recur, and
/// the listing by stretches of time (`icloud-protocol` 2.4, 8).
///
/// Start at [CalendarService] for what is answered, at [CalendarStore] for what there is and how tests change it, at
/// [CalendarQuirk] for what is out of the ordinary in which account.
@NullMarked
package ferry.sandbox.calendars;

import org.jspecify.annotations.NullMarked;
