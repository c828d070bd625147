package ferry.db;

/// How one role signs in to PostgreSQL.
///
/// @param url a JDBC URL without user and password
/// @param user the role
/// @param password in clear; never printed
public record Login(String url, String user, String password) {
    @Override
    public String toString() {
        return user + " at " + url;
    }
}
