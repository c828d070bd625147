/// The one way out: every outbound connection is made here, to an address that was checked after it was resolved.
///
/// Start at [Outbound].
@NullMarked
package ferry.egress;

import org.jspecify.annotations.NullMarked;
