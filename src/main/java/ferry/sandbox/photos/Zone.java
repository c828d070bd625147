package ferry.sandbox.photos;

/// One zone of an account with the library in it.
///
/// @param owner the record name of the user whose zone it is
/// @param shared whether it is someone else's, in the `shared` database
/// @param open whether its words come as they are; otherwise as ciphertext
record Zone(long dsid, String name, String owner, boolean shared, PhotoLibrary library, boolean open) {
    Zone(long dsid, String name, String owner, boolean shared, PhotoLibrary library) {
        this(dsid, name, owner, shared, library, true);
    }

    /// The same for who lacks the keys.
    Zone sealed() {
        return new Zone(dsid, name, owner, shared, library, false);
    }
}
