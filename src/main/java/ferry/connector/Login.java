package ferry.connector;

import ferry.crypto.Secret;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.util.Optional;

/// How a sign-in ended. Being asked for a code is an answer, not a failure, so it is a value and not an exception.
public sealed interface Login {
    /// The session is open.
    ///
    /// @param access what reading needs; opaque to everyone but the connector
    /// @param trust what spares the next sign-in to this source its second factor
    /// @param expires when the source is expected to end the session, where it says so
    record Opened(Secret access, Optional<Secret> trust, Optional<Instant> expires) implements Login {}

    /// The password was right and a second factor is asked for.
    ///
    /// @param open the sign-in as it stands, to be handed back to [Connector#proceed]
    /// @param challenge what to ask the person for
    /// @param wrongCode whether this answers a code that was wrong
    record CodeRequired(Secret open, Challenge challenge, boolean wrongCode) implements Login {}

    /// The source said no. Nothing may try again by itself.
    ///
    /// @param why one of the `session.error` codes
    /// @param nextTry when asking again makes sense, where the source says so
    record Refused(ErrorCode why, Optional<Instant> nextTry) implements Login {}
}
