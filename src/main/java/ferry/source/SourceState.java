package ferry.source;

import java.util.Arrays;

/// Whether a source can be read (ricloud-api 9).
public enum SourceState {
    /// No session has ever succeeded.
    UNVALIDATED("unvalidated"),
    /// A session has.
    ACTIVE("active"),
    /// The organisation has forbidden it.
    DEACTIVATED("deactivated"),
    /// The operator has forbidden it.
    BLOCKED("blocked"),
    /// The service has locked the account; its owner must unlock it there. Ends with the next session that opens.
    LOCKED("locked");

    private final String slug;

    SourceState(String slug) {
        this.slug = slug;
    }

    /// The word on the wire and in the table.
    public String slug() {
        return slug;
    }

    static SourceState of(String slug) {
        return Arrays.stream(values())
                .filter(state -> state.slug.equals(slug))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such source state: " + slug));
    }
}
