/// iCloud Photos: the library, its albums and the files of each photo (`icloud-protocol` 2.5 and 2.6).
///
/// Start at [Photos]. [PhotosDatabase] speaks to CloudKit, [Listing] walks a [View] in parallel, [Pairing]
/// joins files and metadata to photos, [PhotoEntry] makes them feed entries, and [PhotoFiles] fetches their
/// bytes. [Albums] reads the tree of albums, [AlbumMembers] who is in them. [LoosePhoto] reads photos that
/// lie in no library, for the room of the shared albums.
@NullMarked
package ferry.connector.icloud.photos;

import org.jspecify.annotations.NullMarked;
