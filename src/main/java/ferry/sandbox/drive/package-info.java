/// The simulated iCloud Drive (`icloud-protocol` 2.7): its tree, the way to a file's bytes, and the host that has them.
///
/// Start at [DriveTree], what one account holds, grown from its [DriveSpec]; [TreeService] lists it, [DocumentService]
/// gives out addresses, and [FileHost] answers them. Tests change trees through [Drives].
@NullMarked
package ferry.sandbox.drive;

import org.jspecify.annotations.NullMarked;
