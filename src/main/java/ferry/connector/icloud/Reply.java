package ferry.connector.icloud;

import ferry.connector.icloud.web.Json;
import ferry.error.ErrorCode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/// A whole answer of Apple's.
///
/// @param status as HTTP has it
/// @param headers those of [Wire] that are of use, by lower-case name
/// @param body as text; may be an HTML page whatever its type says
/// @param json the body, where it is JSON
record Reply(int status, Map<String, String> headers, String body, Optional<JsonNode> json) {
    /// The longest that a `Retry-After` is believed (icloud-protocol 1.12).
    static final Duration LONGEST_WAIT = Duration.ofMinutes(2);

    private static final Set<String> BUSY =
            Set.of("RETRY_LATER", "TRY_AGAIN_LATER", "THROTTLED", "CAS_OP_LOCK", "QUOTA_EXCEEDED", "QUOTA");

    /// The body, or nothing to find anything in.
    JsonNode tree() {
        return json.orElse(MissingNode.getInstance());
    }

    Optional<String> header(String name) {
        return Optional.ofNullable(headers.get(name));
    }

    /// The status that Apple means: its own header tells it where HTTP does not (icloud-protocol 1.4).
    int meant() {
        var rscd =
                header("x-apple-i-rscd").filter(text -> text.matches("\\d{3}")).map(Integer::parseInt);
        return rscd.filter(code -> code >= 400).orElse(status);
    }

    boolean isSuccess() {
        return meant() >= 200 && meant() < 300;
    }

    /// CloudKit's word for what went wrong; empty where nothing did.
    String serverErrorCode() {
        var code = Json.text(tree(), "serverErrorCode");
        return code == null ? "" : code;
    }

    /// Whether this is an envelope of an error, whatever its status.
    boolean isError() {
        return Json.isError(tree());
    }

    /// Whether it is an error that another session would not meet; seen with any status.
    boolean saysSessionIsOver() {
        return isError() && (body.contains("nvalid global session") || body.contains("X-APPLE-WEBAUTH-TOKEN"));
    }

    /// The same with another status.
    Reply as(int other) {
        return new Reply(other, headers, body, json);
    }

    /// Whether this asks to come back later.
    boolean isBusy() {
        return status == 429 || status >= 500 || isBusy(serverErrorCode());
    }

    /// What a client is told where this never passes: whether somebody asked too much, or the source has a fault.
    ErrorCode busyCode() {
        if (serverErrorCode().startsWith("QUOTA")) {
            return ErrorCode.QUOTA_EXCEEDED;
        }
        var asked = status == 429 || status == 503 || isBusy(serverErrorCode());
        return asked ? ErrorCode.THROTTLED : ErrorCode.SERVICE_UNAVAILABLE;
    }

    static boolean isBusy(String serverErrorCode) {
        return BUSY.contains(serverErrorCode) || serverErrorCode.startsWith("QUOTA");
    }

    /// Whether one of the service errors has this code, in either spelling of the list.
    boolean hasServiceError(String code) {
        return hasServiceError("serviceErrors", code) || hasServiceError("service_errors", code);
    }

    boolean hasServiceErrors() {
        return !tree().path("serviceErrors").isEmpty()
                || !tree().path("service_errors").isEmpty();
    }

    private boolean hasServiceError(String list, String code) {
        return tree().path(list).valueStream().anyMatch(error -> code.equals(Json.text(error, "code")));
    }

    /// How long to leave the source alone, where it says so; at most [#LONGEST_WAIT].
    Optional<Duration> retryAfter(Instant now) {
        var said = header("retry-after").flatMap(text -> wait(text, now)).or(() -> {
            var seconds = Json.number(tree(), "retryAfter");
            return seconds.isPresent() ? Optional.of(Duration.ofSeconds(seconds.getAsLong())) : Optional.empty();
        });
        return said.filter(wait -> !wait.isNegative())
                .map(wait -> wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait);
    }

    private static Optional<Duration> wait(String text, Instant now) {
        if (text.matches("\\d{1,9}")) {
            return Optional.of(Duration.ofSeconds(Long.parseLong(text)));
        }
        try {
            var date = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
            return Optional.of(Duration.between(now, date.toInstant()));
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }

    /// Bodies and headers hold tokens and names.
    @Override
    public String toString() {
        return "reply " + status + " " + serverErrorCode();
    }
}
