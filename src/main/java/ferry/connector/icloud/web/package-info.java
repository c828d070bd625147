/// What all readers of iCloud's data share: the calls of a signed-in account ([Calls]), lenient reading of what Apple
/// sends ([Json], [CloudRecord]), a whole zone of CloudKit ([Zones]), the packed documents in its records ([Packed],
/// [Protobuf]), the ids that a run has met ([SeenIds]), and files with the source's own signature ([Signature]). Knows no
/// data type.
@NullMarked
package ferry.connector.icloud.web;

import org.jspecify.annotations.NullMarked;
