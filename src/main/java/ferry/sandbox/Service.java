package ferry.sandbox;

import ferry.http.Exchange;

/// One web service of an account, mounted under its name in the `webservices` map, such as `ckdatabasews`.
/// Called by many threads at once, only for requests that carry a live session of `account` and reached the
/// right partition.
@FunctionalInterface
public interface Service {
    /// Answers one request.
    ///
    /// @param path what follows the service's own address, still percent-encoded, such as `/database/1/…`
    void handle(Exchange exchange, Account account, String path) throws Exception;
}
