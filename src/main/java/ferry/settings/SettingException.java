package ferry.settings;

/// A setting that stops the start. The message is one line: its name, its value unless secret, and what is allowed.
public final class SettingException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public SettingException(String message) {
        super(message);
    }
}
