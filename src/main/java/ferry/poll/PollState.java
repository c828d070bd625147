package ferry.poll;

import java.util.Arrays;

/// How far a poll is. It has no failed state: failures are its tasks' and its errors' (ricloud-api 11).
public enum PollState {
    /// None of its tasks has started.
    PENDING("pending"),
    /// One has.
    PROCESSING("processing"),
    /// All have ended.
    COMPLETED("completed");

    private final String slug;

    PollState(String slug) {
        this.slug = slug;
    }

    /// The word on the wire.
    public String slug() {
        return slug;
    }

    static PollState of(String slug) {
        return Arrays.stream(values())
                .filter(state -> state.slug.equals(slug))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such poll state: " + slug));
    }
}
