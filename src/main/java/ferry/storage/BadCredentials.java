package ferry.storage;

/// Credentials that cannot be what a storage needs, told without asking it.
public final class BadCredentials extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String field;

    /// @param field the one that is wrong
    /// @param what is wrong with it, never its value; follows the field's name in a sentence
    public BadCredentials(String field, String what) {
        super(what);
        this.field = field;
    }

    /// The field that is wrong.
    public String field() {
        return field;
    }

    /// What is wrong with it.
    public String what() {
        return String.valueOf(getMessage());
    }
}
