/// Where what was fetched goes: an organisation's storage configs, and the seam to its buckets.
///
/// Start at [Publisher] for the seam and at [StorageConfigs] for the table. An [Intake] stands in front of every
/// publisher and measures what goes through it; a [FeedWriter] streams a feed into one. [Probe] tells whether a
/// config works. One sub-package per kind of storage.
@NullMarked
package ferry.storage;

import org.jspecify.annotations.NullMarked;
