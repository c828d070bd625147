package ferry.connector.icloud.web;

import ferry.connector.ConnectorException;
import ferry.egress.Answer;
import java.time.Duration;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// What a reader needs of a signed-in account. Refreshes the session and minds the account's limits by itself.
/// Thread-safe: several calls may be in flight at once.
public interface Calls {
    /// Gets JSON from one of the account's services, with its base parameters and cookies. An empty object where the
    /// answer is empty.
    ///
    /// @param service such as `drivews`
    /// @param path from the service's root, with a leading slash
    /// @throws ConnectorException.Refused with `not-activated` where the account lacks the service
    JsonNode get(String service, String path, Map<String, String> query)
            throws ConnectorException, InterruptedException;

    /// Posts JSON to one of the account's services, with its base parameters and cookies; to CloudKit as
    /// `text/plain`, as a browser does. Per-record failures inside an answer are the caller's.
    ///
    /// @param path from the service's root, with a leading slash
    /// @throws ConnectorException.Refused with `not-activated` where the account lacks the service or its zone
    JsonNode post(String service, String path, Map<String, String> query, JsonNode body)
            throws ConnectorException, InterruptedException;

    /// As [#post], at an address that a service may have given out, such as where somebody else's album lies.
    /// It is followed only where the source's own addresses lead, with the account's cookies.
    ///
    /// @param address whole, as received; or from the service's root, with a leading slash
    /// @throws ConnectorException.Refused also for an address that leads elsewhere
    default JsonNode postAt(String service, String address, Map<String, String> query, JsonNode body)
            throws ConnectorException, InterruptedException {
        return post(service, address, query, body);
    }

    /// The account's number at the source, which some addresses hold; empty where it is not known.
    default String number() {
        return "";
    }

    /// Whether the account has that service at all.
    boolean has(String service);

    /// Gets the owner's consent for data that came as ciphertext, as they do without it under Advanced Data Protection
    /// (icloud-protocol 1.11, 2.9).
    ///
    /// @param path of the call that brought them
    /// @return true where the same call would bring them readable now; false where no consent is missing
    /// @throws ConnectorException.Unavailable while the owner's device is being waited for
    default boolean consent(String service, String path) throws ConnectorException, InterruptedException {
        return false;
    }

    /// Gets a file's bytes from the content host, without cookies. The caller closes the answer.
    ///
    /// @param url as the source gave it, placeholders included
    /// @param from the first byte that is wanted; above 0 a `Range` is sent
    Answer content(String url, long from) throws ConnectorException, InterruptedException;

    /// The same of a file that a service keeps behind the session, such as a contact's photo: the session's cookies go
    /// along, each only to where it belongs.
    default Answer withSession(String url, long from) throws ConnectorException, InterruptedException {
        return content(url, from);
    }

    /// Waits before something is asked for once more. A test's does not.
    default void pause(Duration wait) throws InterruptedException {
        Thread.sleep(wait);
    }
}
