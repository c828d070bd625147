/// The simulated iCloud: a server with accounts, rules and a memory of its own, which answers as Apple's
/// does, in all its refusals (`icloud-protocol 8`). Nothing else in the product knows that it may be talking
/// to it.
///
/// Start at [Sandbox] for what is mounted where, at [Accounts] for who lives in it, at [Journal] for what was
/// asked of it.
@NullMarked
package ferry.sandbox;

import org.jspecify.annotations.NullMarked;
