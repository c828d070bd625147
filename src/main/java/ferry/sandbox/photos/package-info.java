/// The simulated photo library: its records, the CloudKit web API over them and the host of their files
/// (`icloud-protocol` 2.5, 2.6, 8). Nothing is stored: every record and every byte follows from the library's
/// seed.
///
/// Start at [CloudKit] and [ContentHost] for what is answered, at [PhotoLibrary] for what there is, at [Mix]
/// for which photos are odd in which way, at [LoosePhotos] for those of shared albums.
@NullMarked
package ferry.sandbox.photos;

import org.jspecify.annotations.NullMarked;
