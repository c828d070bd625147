/// CloudKit's containers besides the one of photos: zones of stored records with a change log, and the web API
/// over them (`icloud-protocol` 2.5). Knows no kind of data.
///
/// Start at [Containers] for who answers, at [ZoneService] for what, at [RecordZone] for what is kept.
@NullMarked
package ferry.sandbox.cloudkit;

import org.jspecify.annotations.NullMarked;
