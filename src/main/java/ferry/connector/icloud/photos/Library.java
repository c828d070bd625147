package ferry.connector.icloud.photos;

/// One photo library of an account.
///
/// @param name as the feed has it
/// @param database CloudKit's: `private` or `shared`
/// @param zone CloudKit's name of its zone
record Library(String name, String database, String zone) {
    /// The account's own.
    static final Library PERSONAL = new Library("personal", "private", "PrimarySync");
}
