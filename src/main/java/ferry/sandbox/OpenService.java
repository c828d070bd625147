package ferry.sandbox;

import ferry.http.Exchange;

/// A host that needs no session, such as the one that serves photo content by signed address. Called by many
/// threads.
@FunctionalInterface
public interface OpenService {
    /// Answers one request.
    ///
    /// @param path what follows the prefix it is mounted at, still percent-encoded
    void handle(Exchange exchange, String path) throws Exception;
}
