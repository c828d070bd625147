package ferry.sandbox.photos;

/// One zone of an account with the library in it.
///
/// @param owner the record name of the user whose zone it is
/// @param shared whether it is someone else's, in the `shared` database
record Zone(long dsid, String name, String owner, boolean shared, PhotoLibrary library) {}
