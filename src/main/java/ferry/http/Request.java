package ferry.http;

import ferry.access.Caller;
import ferry.crypto.Secret;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/// One authenticated request.
///
/// @param id names the request in the answer's header, in errors, in the log and in the audit log
/// @param names the path's named segments
/// @param query the first value of each query parameter
/// @param body the body's object; empty where the client sent none, `null` or `{}`
/// @param userAgent what the client calls itself, empty where it does not
/// @param sent the request as it came, by which its repeat is known
/// @param await how long the client is ready to wait for the work to end, 0 to 10 s (ricloud-api 1.1)
public record Request(
        String id,
        Caller caller,
        Map<String, String> names,
        Map<String, String> query,
        ObjectNode body,
        String userAgent,
        Duration await,
        Sent sent) {

    /// The token that came with it.
    public Secret token() {
        return sent.token();
    }

    /// A named segment of the path.
    public String name(String name) {
        var value = names.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the route has no {" + name + "}");
        }
        return value;
    }

    /// The path's `{id}` as a UUID.
    ///
    /// @throws ApiException `not-found` where it is none
    public UUID uuid(String resource) {
        return Ids.uuid(name("id")).orElseThrow(() -> ApiException.notFound(resource));
    }

    /// The path's `{id}` as a number.
    ///
    /// @throws ApiException `not-found` where it is none
    public long number(String resource) {
        return Ids.number(name("id")).orElseThrow(() -> ApiException.notFound(resource));
    }

    /// A filter of a list; empty where the client did not ask.
    public Optional<String> filter(String name) {
        var value = Optional.ofNullable(query.get(name)).filter(text -> !text.isEmpty());
        value.filter(Fields::isNoText).ifPresent(_ -> {
            throw ApiException.parameter(name, "holds a character that is not allowed");
        });
        return value;
    }

    /// A filter that is a UUID.
    public Optional<UUID> uuidFilter(String name) {
        return filter(name)
                .map(value -> Ids.uuid(value).orElseThrow(() -> ApiException.parameter(name, "is not an id")));
    }

    /// A filter that is a number.
    public Optional<Long> numberFilter(String name) {
        return filter(name)
                .map(value -> Ids.number(value).orElseThrow(() -> ApiException.parameter(name, "is not an id")));
    }

    /// A filter that is one of some words.
    public Optional<String> wordFilter(String name, List<String> words) {
        return filter(name).map(value -> {
            if (!words.contains(value)) {
                throw ApiException.parameter(name, "is none of " + String.join(", ", words));
            }
            return value;
        });
    }

    /// Which page of a list is asked for.
    public Page page() {
        return Page.of(this);
    }

    /// Reads the body's fields and collects what is wrong with them.
    public Fields fields() {
        return new Fields(body);
    }

    /// Whether this is ricloud-py 3, which reads some words differently (design 4).
    public boolean isRicloudPy() {
        return userAgent.startsWith("ricloud-py/");
    }
}
