/// iCloud Reminders: lists and reminders (`icloud-protocol` 2.5 and 2.8).
///
/// Start at [Reminders]. [ReminderEntry] makes records feed entries, [OldReminders] reads accounts that were never
/// upgraded.
@NullMarked
package ferry.connector.icloud.reminders;

import org.jspecify.annotations.NullMarked;
