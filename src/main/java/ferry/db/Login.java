package ferry.db;

/// How one role signs in to PostgreSQL.
///
/// @param url a JDBC URL without user and password
/// @param user the role
/// @param password in clear; never printed
public record Login(String url, String user, String password) {
    /// Without the URL's parameters: a driver takes secrets there too (`sslpassword`).
    @Override
    public String toString() {
        return user + " at " + url.split("\\?", 2)[0];
    }
}
