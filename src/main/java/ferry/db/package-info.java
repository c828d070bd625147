/// PostgreSQL: the embedded server, the pools, the two roles the service works as, and the migrations.
///
/// Start at [Database]; [Backup] and [Restore] move everything to another server. Knows no table of any room.
@NullMarked
package ferry.db;

import org.jspecify.annotations.NullMarked;
