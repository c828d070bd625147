package ferry.db;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;

/// Takes user and password out of a JDBC URL, since a URL is printed and a password is not.
final class ExternalUrl {
    private static final String START = "jdbc:postgresql://";

    private ExternalUrl() {}

    /// Refuses with a message that holds nothing of the URL, which may carry a password in the wrong place.
    static Login login(String url) {
        var question = url.indexOf('?');
        var address = question < 0 ? url : url.substring(0, question);
        if (!address.startsWith(START) || address.contains("@")) {
            throw malformed();
        }
        var user = "";
        var password = "";
        var rest = new ArrayList<String>();
        for (var parameter : (question < 0 ? "" : url.substring(question + 1)).split("&", -1)) {
            if (parameter.startsWith("user=")) {
                user = decoded(parameter);
            } else if (parameter.startsWith("password=")) {
                password = decoded(parameter);
            } else if (!parameter.isEmpty()) {
                rest.add(parameter);
            }
        }
        if (user.isEmpty()) {
            // The driver would take the name of whoever runs this process.
            throw new DatabaseException("FERRY_DATABASE_URL names no user: append ?user=…&password=… of the database's "
                    + "owner, both percent-encoded.");
        }
        return new Login(rest.isEmpty() ? address : address + "?" + String.join("&", rest), user, password);
    }

    private static String decoded(String parameter) {
        try {
            return URLDecoder.decode(parameter.substring(parameter.indexOf('=') + 1), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            // Its message would quote the password.
            throw malformed();
        }
    }

    private static DatabaseException malformed() {
        return new DatabaseException(
                "FERRY_DATABASE_URL must look like jdbc:postgresql://host:5432/database?user=…&password=…,"
                        + " with both percent-encoded.");
    }
}
