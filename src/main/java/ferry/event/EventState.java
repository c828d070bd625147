package ferry.event;

import java.util.Arrays;
import java.util.List;

/// What has become of an event.
public enum EventState {
    /// Not delivered: on its way, or nobody is to be told.
    PENDING("pending"),
    /// A receiver has taken it.
    DELIVERED("delivered"),
    /// Every retry failed, or the receiver wants no more. Can be sent again.
    FAILED("failed");

    private final String slug;

    EventState(String slug) {
        this.slug = slug;
    }

    /// The word on the wire and in the database.
    public String slug() {
        return slug;
    }

    /// All words.
    public static List<String> slugs() {
        return Arrays.stream(values()).map(EventState::slug).toList();
    }

    /// The state of a word that we wrote ourselves.
    ///
    /// @throws IllegalArgumentException if we did not
    public static EventState of(String slug) {
        return Arrays.stream(values())
                .filter(state -> state.slug.equals(slug))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such state of an event: " + slug));
    }
}
