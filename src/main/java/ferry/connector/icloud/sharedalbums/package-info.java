/// Shared albums: those that the owner shares with people, and those of others that the owner has joined
/// (`icloud-protocol` 2.6). They are older than the iCloud Shared Photo Library and no part of it (R24): they
/// hold copies, often smaller ones, which count against nobody's storage, while the Shared Library is a
/// library of its own that several people keep together.
///
/// Start at [SharedAlbums]. [AlbumService] asks, [AlbumWalk] goes through the photos of one album,
/// [AlbumEntry] makes albums and photos feed entries, and [SharedFile] fetches the bytes of one file.
@NullMarked
package ferry.connector.icloud.sharedalbums;

import org.jspecify.annotations.NullMarked;
