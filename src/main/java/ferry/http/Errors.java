package ferry.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import ferry.error.ErrorCode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/// The one place that turns a failure into a response.
final class Errors {
    private static final Logger log = LoggerFactory.getLogger(Errors.class);

    private Errors() {}

    /// The body of every 4xx and 5xx (ricloud-api 4.1).
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    record ErrorJson(String error, String message, Map<String, List<String>> params, String requestId) {}

    static Answer of(Throwable failure, String requestId) {
        return switch (failure) {
            case ApiException e -> answer(e.code(), e.getMessage(), e.params(), requestId);
            case JacksonException _ ->
                answer(ErrorCode.INVALID_BODY, ErrorCode.INVALID_BODY.sentence(), Map.of(), requestId);
            default -> {
                log.error("request {} failed", requestId, failure);
                // The message may hold a path, a query or a name: it stays in the log.
                yield answer(
                        ErrorCode.INTERNAL,
                        "Something went wrong on our side; the log has more under this request id.",
                        Map.of(),
                        requestId);
            }
        };
    }

    private static Answer answer(
            ErrorCode code, @Nullable String message, Map<String, List<String>> params, String requestId) {
        return new Answer(
                code.status(),
                new ErrorJson(code.slug(), message == null ? code.sentence() : message, params, requestId));
    }
}
