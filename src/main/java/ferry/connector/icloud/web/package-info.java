/// What all readers of iCloud's data share: the calls of a signed-in account ([Calls]), lenient reading of what Apple
/// sends ([Json], [CloudRecord]), the ids that a run has met ([SeenIds]), and the source's own signature of a file
/// ([Signature]). Knows no data type.
@NullMarked
package ferry.connector.icloud.web;

import org.jspecify.annotations.NullMarked;
