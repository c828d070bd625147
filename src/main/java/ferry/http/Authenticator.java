package ferry.http;

import ferry.access.Caller;
import ferry.crypto.Secret;

/// Knows who a token belongs to. Implemented by the `key` room.
public interface Authenticator {
    /// Who is asking.
    ///
    /// @throws ApiException `unauthorized` where the token is not known or its key is not active
    Caller caller(Secret token);
}
