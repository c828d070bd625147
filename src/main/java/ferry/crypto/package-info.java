/// Secrets that cannot be printed, what they look like at rest, and the keys between the two.
///
/// Start at [Secret] and [Sealed]; [Sealer] turns one into the other. Tink does the cryptography; nothing here invents
/// any.
@NullMarked
package ferry.crypto;

import org.jspecify.annotations.NullMarked;
