/// Erasure: forgetting a user on demand, and forgetting what is old.
///
/// Start at [Erasure] for a user, at [Retention] for age; [Traces] names every table that holds something of a user.
@NullMarked
package ferry.erasure;

import org.jspecify.annotations.NullMarked;
