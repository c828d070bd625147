package ferry.key;

import java.util.Arrays;

/// Whether a key lets anyone in (ricloud-api 6).
public enum KeyState {
    /// It does.
    ACTIVE("active"),
    /// Switched off by the organisation.
    DEACTIVATED("deactivated"),
    /// Switched off by the operator.
    BLOCKED("blocked"),
    /// Its trial is over.
    EXPIRED("expired");

    private final String slug;

    KeyState(String slug) {
        this.slug = slug;
    }

    /// The word on the wire and in the table.
    public String slug() {
        return slug;
    }

    static KeyState of(String slug) {
        return Arrays.stream(values())
                .filter(state -> state.slug.equals(slug))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such key state: " + slug));
    }
}
