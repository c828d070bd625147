package ferry.access;

/// What a scope is about; the part before the colon (ricloud-api 7.1).
public enum Family {
    /// Creating and using sources of a type.
    SOURCE_TYPE("source_type"),
    /// Running tasks of a type.
    TASK_TYPE("task_type"),
    /// Asking for a data type.
    DATA_TYPE("data_type"),
    /// Asking for files of a type.
    FILE_TYPE("file_type"),
    /// Asking for an info type.
    INFO_TYPE("info_type");

    private final String slug;

    Family(String slug) {
        this.slug = slug;
    }

    /// The word on the wire.
    public String slug() {
        return slug;
    }
}
