/// The simulated Reminders: lists, and reminders with all that hangs on them, grown from a seed (`icloud-protocol`
/// 2.8).
///
/// Start at [ReminderBooks], which everyone has one of.
@NullMarked
package ferry.sandbox.reminders;

import org.jspecify.annotations.NullMarked;
