package ferry.user;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A user as the API shows it. The component order here is the field order on the wire.
///
/// @param identifier null once it is deleted
public record UserJson(
        String id,
        String resource,
        String organisation,
        String key,
        @Nullable String identifier,
        String state,
        Instant dateCreated) {
    static UserJson of(User user) {
        return of(user, user.identifier(), user.state());
    }

    /// A user at its end.
    public static UserJson deleted(User user) {
        return of(user, null, "deleted");
    }

    private static UserJson of(User user, @Nullable String identifier, String state) {
        return new UserJson(
                Long.toString(user.id()),
                "user",
                user.organisation().toString(),
                Long.toString(user.key()),
                identifier,
                state,
                user.dateCreated());
    }
}
