package ferry.session;

import ferry.crypto.Sealed;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Where a session stands; each state holds just what is true in it (ricloud-api 10.2).
public sealed interface SessionState {
    /// Signing in.
    record Pending() implements SessionState {}

    /// The source lets us read.
    ///
    /// @param access what reading needs, sealed
    record Active(Sealed access) implements SessionState {}

    /// Signing in did not work.
    ///
    /// @param challenge what to ask the person for; null unless the error is `code-required` and the sign-in is
    /// open
    /// @param retry when to ask again, where the source or our own budget says so
    record Failed(ErrorCode error, @Nullable ChallengeJson challenge, Optional<Instant> retry)
            implements SessionState {}

    /// It was active, or about to be, and is over.
    ///
    /// @param error who ended it: `service`, `api`, `organisation`, `admin`
    record Expired(ErrorCode error, Instant at) implements SessionState {}

    /// The word on the wire and in the table.
    default String slug() {
        return switch (this) {
            case Pending _ -> "pending";
            case Active _ -> "active";
            case Failed _ -> "failed";
            case Expired _ -> "expired";
        };
    }
}
