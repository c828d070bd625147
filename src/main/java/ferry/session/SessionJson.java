package ferry.session;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A session as the API shows it. The component order here is the field order on the wire.
///
/// @param source the source's id, as in the seed page
/// @param errorMessage ours: a sentence beside `error`; only of a session that failed
/// @param challenge ours, design 4; only of a session that waits for a code
/// @param dateRetry ours; only of a session that failed and may be asked for again later
record SessionJson(
        UUID id,
        String resource,
        String organisation,
        String key,
        String user,
        String source,
        String state,
        @Nullable String error,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String errorMessage,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable ChallengeJson challenge,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Instant dateRetry,
        Instant dateCreated,
        @Nullable Instant dateExpired) {
    static SessionJson of(Session session) {
        return switch (session.state()) {
            case SessionState.Pending _, SessionState.Active _ -> of(session, null, null, null, null, null);
            case SessionState.Failed(var error, var challenge, var retry) ->
                of(session, error.slug(), error.sentence(), challenge, retry.orElse(null), null);
            case SessionState.Expired(var error, var at) -> of(session, error.slug(), null, null, null, at);
        };
    }

    private static SessionJson of(
            Session session,
            @Nullable String error,
            @Nullable String message,
            @Nullable ChallengeJson challenge,
            @Nullable Instant retry,
            @Nullable Instant expired) {
        return new SessionJson(
                session.id(),
                "session",
                session.organisation().toString(),
                Long.toString(session.key()),
                Long.toString(session.user()),
                Long.toString(session.source()),
                session.state().slug(),
                error,
                message,
                challenge,
                retry,
                session.dateCreated(),
                expired);
    }
}
