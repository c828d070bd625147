package ferry.sandbox.sharedalbums;

import ferry.sandbox.photos.LoosePhotos;

/// One shared album.
///
/// @param guid never changes
/// @param owner the number of the account whose it is
/// @param gone whether it is listed and yet cannot be asked for
/// @param plain whether its words are as old clients write them: numbers for truths, no sizes of files
/// @param photos which a test may change
public record SharedAlbum(String guid, String title, long owner, boolean gone, boolean plain, LoosePhotos photos) {}
