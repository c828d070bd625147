package ferry.http;

import ferry.error.ErrorCode;
import java.util.List;
import java.util.Map;

/// The request can't be answered as asked; what the client is told. Thrown where the rule is broken, turned into a
/// response in [Errors] alone.
public final class ApiException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ErrorCode code;
    private final transient Map<String, List<String>> params;

    /// @param message a sentence for the client's developer; names the thing, never a secret
    public ApiException(ErrorCode code, String message) {
        this(code, message, Map.of());
    }

    /// @param params what is wrong with each parameter
    public ApiException(ErrorCode code, String message, Map<String, List<String>> params) {
        super(message, null, false, false);
        this.code = code;
        this.params = params;
    }

    /// One parameter is wrong.
    public static ApiException parameter(String name, String problem) {
        return new ApiException(ErrorCode.INVALID_PARAMETER, name + ": " + problem, Map.of(name, List.of(problem)));
    }

    /// There is no such resource for this caller; whether another organisation has one makes no difference.
    public static ApiException notFound(String resource) {
        return new ApiException(ErrorCode.NOT_FOUND, "There is no such " + resource + ".");
    }

    /// What went wrong.
    public ErrorCode code() {
        return code;
    }

    /// What is wrong with each parameter; empty where none is.
    public Map<String, List<String>> params() {
        return params;
    }
}
