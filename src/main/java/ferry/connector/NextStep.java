package ferry.connector;

import ferry.crypto.Secret;
import java.util.Optional;

/// What the client does about a challenge.
public sealed interface NextStep {
    /// The person typed a code.
    record Code(Secret code) implements NextStep {}

    /// The person wants a code sent (again), this way.
    ///
    /// @param method `device`, `sms` or `voice`
    /// @param phone the source's number for the phone; without one, the first
    record Send(String method, Optional<String> phone) implements NextStep {}
}
