package ferry.user;

import java.time.Instant;

/// A user as the API shows it. The component order here is the field order on the wire.
record UserJson(
        String id,
        String resource,
        String organisation,
        String key,
        String identifier,
        String state,
        Instant dateCreated) {
    static UserJson of(User user) {
        return new UserJson(
                Long.toString(user.id()),
                "user",
                user.organisation().toString(),
                Long.toString(user.key()),
                user.identifier(),
                user.state(),
                user.dateCreated());
    }
}
