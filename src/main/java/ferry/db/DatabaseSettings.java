package ferry.db;

/// How the database is opened.
///
/// @param poolSize connections of each of the two pools, at least 1
/// @param rolePrefix begins the names of the two roles
public record DatabaseSettings(int poolSize, String rolePrefix) {
    public DatabaseSettings {
        if (poolSize < 1) {
            throw new IllegalArgumentException("A pool has at least 1 connection, not " + poolSize + ".");
        }
    }
}
