/// What all readers of iCloud's data share: the calls of a signed-in account ([Calls]), lenient reading of what
/// Apple sends ([Json], [CloudRecord]), a whole zone of CloudKit ([Zones]), its records as a feed
/// ([ZoneReading]), what changed in a listing ([Differences]), the packed documents in records ([Packed],
/// [Protobuf]), what a run has given out already ([SeenIds]), what of it may be published as it came ([Raw]), and
/// files: several at once ([Downloads]), each taken from its address and checked ([Download]) against the
/// source's own signature ([Signature]) or by its own form ([WholeZip], [WholeImage]), and called by its media type
/// ([MediaTypes]). Knows no data type.
@NullMarked
package ferry.connector.icloud.web;

import org.jspecify.annotations.NullMarked;
