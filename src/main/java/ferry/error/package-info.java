/// Every code a client may see, with its status and its sentence.
///
/// Start at [ErrorCode]; `docs/api/errors.md` is the same list for readers.
@NullMarked
package ferry.error;

import org.jspecify.annotations.NullMarked;
