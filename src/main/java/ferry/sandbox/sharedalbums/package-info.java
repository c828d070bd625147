/// The simulated shared albums, which are older than the Shared Library and no part of it (`icloud-protocol`
/// 2.6): own ones and other people's, each at its owner's address.
///
/// Start at [SharedAlbums], what each account has; [SharedAlbumService] answers for them.
@NullMarked
package ferry.sandbox.sharedalbums;

import org.jspecify.annotations.NullMarked;
