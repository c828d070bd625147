package ferry.connector.icloud.photos;

import ferry.connector.ConnectorException;
import ferry.egress.Answer;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// What reading photos needs of a signed-in account. Thread-safe: several calls are in flight at once.
public interface Calls {
    /// Posts JSON to one of the account's services, with its base parameters and cookies. Refreshes the session
    /// and minds the account's limits by itself.
    JsonNode post(String service, String path, Map<String, String> query, JsonNode body)
            throws ConnectorException, InterruptedException;

    /// Whether the account has that service at all.
    boolean has(String service);

    /// Gets a file's bytes from the content host, without cookies. The caller closes the answer.
    ///
    /// @param url as the source gave it, placeholders included
    /// @param from the first byte that is wanted; above 0 a `Range` is sent
    Answer content(String url, long from) throws ConnectorException, InterruptedException;
}
