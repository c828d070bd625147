/// The seam to a person's data: what a source can be asked, how one signs in to it, and what it gives.
///
/// Start at [Connector]. Speaks records of its own and knows no session, poll or task; the rooms above translate.
@NullMarked
package ferry.connector;

import org.jspecify.annotations.NullMarked;
