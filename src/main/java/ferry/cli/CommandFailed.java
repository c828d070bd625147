package ferry.cli;

/// A command could not do what it was asked, for a reason that the person who typed it can mend: the message is one
/// line, and there is no trace.
public final class CommandFailed extends RuntimeException {
    private static final long serialVersionUID = 1;

    public CommandFailed(String message) {
        super(message);
    }

    public CommandFailed(String message, Throwable cause) {
        super(message, cause);
    }
}
