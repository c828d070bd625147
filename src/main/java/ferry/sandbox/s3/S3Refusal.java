package ferry.sandbox.s3;

import java.util.Map;

/// The store refuses a request; it is answered as XML.
final class S3Refusal extends Exception {
    private static final long serialVersionUID = 1;

    private final S3Error error;
    private final transient Map<String, String> details;

    S3Refusal(S3Error error) {
        this(error, error.message, Map.of());
    }

    /// @param details further elements of the answer, such as `Region`
    S3Refusal(S3Error error, String message, Map<String, String> details) {
        super(message);
        this.error = error;
        this.details = Map.copyOf(details);
    }

    S3Error error() {
        return error;
    }

    Map<String, String> details() {
        return details;
    }
}
