package ferry.http;

import ferry.error.ErrorCode;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectHandlers;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers what the HTTP library refuses before any handler sees it, as every other error is answered: ricloud-py
/// fails on a body that is no JSON. The connection ends with it. Thread-safe.
///
/// @param longestLine bytes of the request's first line
/// @param longestHeaders bytes of all headers together
record Refusals(int longestLine, int longestHeaders) implements DirectHandler {
    private static final int HEADERS_TOO_LARGE = 431;
    private static final Logger log = LoggerFactory.getLogger(Refusals.class);

    /// For every kind of refusal that the library knows.
    DirectHandlers handlers() {
        var handlers = DirectHandlers.builder();
        for (var type : EventType.values()) {
            handlers.addHandler(type, this);
        }
        return handlers.build();
    }

    /// @param message the library's, which may hold what the client sent: never shown
    @Override
    public TransportResponse handle(
            TransportRequest request, EventType type, Status status, ServerResponseHeaders headers, String message) {
        var id = RequestId.next();
        log.debug("request {} was refused with {}", id, status);
        var answer = type == EventType.INTERNAL_ERROR
                ? Errors.of(new IllegalStateException("the HTTP library: " + message), id)
                : Errors.of(new ApiException(ErrorCode.INVALID_BODY, reason(request, status)), id);
        headers.set(HeaderNames.create("X-Request-Id"), id);
        headers.set(HeaderNames.CONTENT_TYPE, "application/json");
        headers.set(HeaderValues.CONNECTION_CLOSE);
        var body = Json.MAPPER.writeValueAsBytes(answer.body());
        return TransportResponse.builder()
                .status(Status.create(answer.status()))
                .headers(headers)
                .keepAlive(false)
                .entity(request.method().equals("HEAD") ? new byte[0] : body)
                .build();
    }

    private String reason(TransportRequest request, Status status) {
        if (status.code() == HEADERS_TOO_LARGE) {
            return "The request's headers are longer than " + longestHeaders + " bytes.";
        }
        if (status.code() == Status.REQUEST_URI_TOO_LONG_414.code()) {
            return "The request's first line is longer than " + longestLine + " bytes.";
        }
        if (request.headers().contains(HeaderNames.CONTENT_ENCODING)) {
            return "The request's body must come as it is, without Content-Encoding.";
        }
        return "The request is not valid HTTP/1.1.";
    }
}
