package ferry.db;

import java.util.regex.Pattern;

/// The two roles the service works as, and their passwords. All nodes on one database must be given the same.
///
/// @param prefix begins the names of the roles, so that two installations can share one PostgreSQL
/// @param tenantPassword in clear; never printed
/// @param systemPassword in clear; never printed
public record Roles(String prefix, String tenantPassword, String systemPassword) {
    /// Lower case, so that a name needs no quotes; short enough for PostgreSQL's 63 characters.
    private static final Pattern PREFIX = Pattern.compile("[a-z][a-z0-9_]{0,39}");

    public Roles {
        if (!PREFIX.matcher(prefix).matches()) {
            throw new IllegalArgumentException("A role prefix is 1 to 40 of a-z, 0-9 and _, and begins with a letter.");
        }
    }

    String tenant() {
        return prefix + "_tenant";
    }

    String system() {
        return prefix + "_system";
    }

    /// How the tenant role signs in where `url` leads.
    public Login tenantAt(String url) {
        return new Login(url, tenant(), tenantPassword);
    }

    /// How the system role signs in where `url` leads.
    public Login systemAt(String url) {
        return new Login(url, system(), systemPassword);
    }

    @Override
    public String toString() {
        return tenant() + ", " + system();
    }
}
