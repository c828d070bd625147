/// Buckets that are folders on this machine. Start at [DiskPublisher]; [Folder] is why no symbolic link is ever
/// followed.
@NullMarked
package ferry.storage.disk;

import org.jspecify.annotations.NullMarked;
