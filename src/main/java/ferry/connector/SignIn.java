package ferry.connector;

import ferry.crypto.Secret;
import java.util.Map;
import java.util.Optional;

/// A sign-in as the client asked for it.
///
/// @param identifier the account, as the client wrote it
/// @param payload the client's payload, such as `password`; gone after the attempt
/// @param trust what an earlier sign-in to this source left so that no second factor is asked again
public record SignIn(String identifier, Map<String, Secret> payload, Optional<Secret> trust) {
    public SignIn {
        payload = Map.copyOf(payload);
    }
}
