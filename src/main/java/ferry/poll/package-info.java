/// Polls: one request for data, the tasks that fetch it, and when it is complete.
///
/// Start at [PollEndpoints] for a request, at [Fetch] for what happens after it.
@NullMarked
package ferry.poll;

import org.jspecify.annotations.NullMarked;
