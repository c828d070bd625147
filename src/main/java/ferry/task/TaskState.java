package ferry.task;

/// Where a task stands.
public enum TaskState {
    /// Waits for its turn; could start at once.
    PENDING("pending"),
    /// Admitted: a node runs it or is about to.
    PROCESSING("processing"),
    /// Waits for a time: the source asked for it, or an attempt went wrong. Then it is pending again.
    SUSPENDED("suspended"),
    /// Done.
    SUCCEEDED("succeeded"),
    /// Given up, refused or cancelled; the task's error says which.
    FAILED("failed");

    private final String slug;

    TaskState(String slug) {
        this.slug = slug;
    }

    /// The word on the wire and in the database.
    public String slug() {
        return slug;
    }

    /// Whether it stays so for ever.
    public boolean isFinal() {
        return this == SUCCEEDED || this == FAILED;
    }

    /// The state of a word that we wrote ourselves.
    ///
    /// @throws IllegalArgumentException if we did not
    public static TaskState of(String slug) {
        for (var state : values()) {
            if (state.slug.equals(slug)) {
                return state;
            }
        }
        throw new IllegalArgumentException("no such task state: " + slug);
    }
}
