/// iCloud Drive: folders, files and the libraries of apps (`icloud-protocol` 2.7, R25).
///
/// Start at [Drive]. [DriveService] speaks to the two services, [Walk] goes through the tree, [DriveEntry] makes items
/// feed entries, [Locators] names their files for ever, and [DriveFile] fetches their bytes.
@NullMarked
package ferry.connector.icloud.drive;

import org.jspecify.annotations.NullMarked;
