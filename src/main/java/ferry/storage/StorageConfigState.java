package ferry.storage;

/// Where a storage config stands.
public enum StorageConfigState {
    /// Created or changed, and not tested since.
    NEW("new"),
    /// Its last test could write, read back and delete.
    VALID("valid"),
    /// Its last test could not; the config says why. Change it or test it again.
    INVALID("invalid"),
    /// Switched off by the organisation with `DELETE`. A change brings it back to [#NEW].
    DEACTIVATED("deactivated");

    private final String slug;

    StorageConfigState(String slug) {
        this.slug = slug;
    }

    /// The word on the wire and in the database.
    public String slug() {
        return slug;
    }

    /// The state of a word that we wrote ourselves.
    ///
    /// @throws IllegalArgumentException if we did not
    public static StorageConfigState of(String slug) {
        for (var state : values()) {
            if (state.slug.equals(slug)) {
                return state;
            }
        }
        throw new IllegalArgumentException("no such state of a storage config: " + slug);
    }
}
