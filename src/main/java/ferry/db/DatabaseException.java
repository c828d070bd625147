package ferry.db;

/// The database cannot be used, and a person must do something: the message is one line that says what.
///
/// It never holds a password. The sub-class [Away] is the one that passes by itself.
public class DatabaseException extends RuntimeException {
    private static final long serialVersionUID = 1;

    DatabaseException(String message) {
        super(message);
    }

    DatabaseException(String message, Throwable cause) {
        super(message, cause);
    }

    /// The database does not answer, or went away in the middle of a transaction, which may or may not have been
    /// committed then. Loops log it, wait and go on; a request is answered with an error that may be tried again.
    public static final class Away extends DatabaseException {
        private static final long serialVersionUID = 1;

        Away(Throwable cause) {
            super("The database is away.", cause);
        }
    }
}
