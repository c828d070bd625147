package ferry.connector.icloud.web;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.ConnectorException.Unavailable;
import ferry.error.ErrorCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// One zone of one CloudKit container, read from its beginning or from where it was read to before
/// (`icloud-protocol` 2.5). Only reads. Thread-safe.
public final class Zones {
    /// CloudKit's name in the map of services.
    public static final String SERVICE = "ckdatabasews";

    /// CloudKit silently cuts larger pages to this.
    private static final int MAX_RECORDS = 200;
    /// Names in one look-up.
    private static final int MAX_LOOKUP = 100;

    private static final Map<String, String> QUERY = Map.of("remapEnums", "true", "getCurrentSyncToken", "true");

    private final Calls calls;
    private final String container;
    private final String zone;

    /// @param container such as `com.apple.notes`
    /// @param zone its name in the private database
    public Zones(Calls calls, String container, String zone) {
        this.calls = calls;
        this.container = container;
        this.zone = zone;
    }

    /// Takes pages in the order they come, on the thread that reads. Tombstones and records that came as errors
    /// are among them.
    @FunctionalInterface
    public interface Pages {
        /// The next page; never empty.
        void take(List<CloudRecord> records) throws ConnectorException, InterruptedException;
    }

    /// How a reading ended.
    ///
    /// @param whole false where the source did not lead on to the end
    /// @param token from where a later reading goes on; empty where the source did not say
    public record End(boolean whole, Optional<String> token) {}

    private record Page(List<CloudRecord> records, Optional<String> token, boolean more) {}

    /// Reads the zone's history from its beginning, or what changed since an earlier reading. A record that is
    /// changed meanwhile comes twice; types that were not asked for may come too. Where a record is ciphertext,
    /// the owner's consent is asked for, once, and its page read again.
    ///
    /// @param isCipher whether a record came without the keys to read it
    /// @param from the token at which an earlier reading ended; empty for the beginning
    /// @return empty where the source does not know that token any more; then no page was taken
    /// @throws Refused with `not-activated` where there is no such zone
    /// @throws Unavailable also while the owner's consent is waited for
    public Optional<End> read(
            Optional<String> from, List<String> types, List<String> keys, Predicate<CloudRecord> isCipher, Pages pages)
            throws ConnectorException, InterruptedException {
        var token = from;
        boolean asked = false;
        while (true) {
            var answer = page(types, keys, token);
            if (answer.isEmpty()) {
                if (token.equals(from)) {
                    return Optional.empty();
                }
                throw silent(); // it was given a moment ago
            }
            var page = answer.get();
            if (!asked && page.records.stream().anyMatch(isCipher)) {
                asked = true;
                if (calls.consent(SERVICE, path("changes/zone"))) {
                    page = page(types, keys, token).orElseThrow(Zones::silent);
                }
            }
            if (!page.records.isEmpty()) {
                pages.take(page.records);
            }
            if (!page.more) {
                return Optional.of(new End(true, page.token.or(() -> from)));
            }
            if (page.token.isEmpty() || page.token.equals(token)) {
                // It would lead round in circles, or back to the beginning.
                return Optional.of(new End(false, Optional.empty()));
            }
            token = page.token;
        }
    }

    /// The records of these names, in no order; one that the source does not have comes as an error.
    public List<CloudRecord> lookup(Collection<String> names, List<String> keys)
            throws ConnectorException, InterruptedException {
        var found = new ArrayList<CloudRecord>();
        var all = List.copyOf(names);
        for (int from = 0; from < all.size(); from += MAX_LOOKUP) {
            var body = Json.object();
            var records = body.putArray("records");
            all.subList(from, Math.min(all.size(), from + MAX_LOOKUP))
                    .forEach(name -> records.addObject().put("recordName", name));
            body.putObject("zoneID").put("zoneName", zone);
            keys.forEach(body.putArray("desiredKeys")::add);
            found.addAll(records(post("records/lookup", body)));
        }
        return found;
    }

    /// The records of these names by name, without those that are deleted. Nothing is asked for no names.
    ///
    /// @param lost takes those that the source does not have or could not read
    public Map<String, CloudRecord> find(Collection<String> names, List<String> keys, Consumer<CloudRecord> lost)
            throws ConnectorException, InterruptedException {
        var found = new HashMap<String, CloudRecord>();
        for (var record : lookup(names, keys)) {
            if (record.error().isPresent()) {
                lost.accept(record);
            } else if (!record.isTombstone() && !record.flag("Deleted")) {
                found.put(record.name(), record);
            }
        }
        return found;
    }

    /// Empty where the source does not know the token.
    private Optional<Page> page(List<String> types, List<String> keys, Optional<String> token)
            throws ConnectorException, InterruptedException {
        var body = Json.object();
        var asked = body.putArray("zones").addObject();
        asked.putObject("zoneID").put("zoneName", zone);
        // An empty token would mean: nothing, from the end.
        token.ifPresent(place -> asked.put("syncToken", place));
        asked.put("resultsLimit", MAX_RECORDS);
        keys.forEach(asked.putArray("desiredKeys")::add);
        types.forEach(asked.putArray("desiredRecordTypes")::add);
        var whole = calls.post(SERVICE, path("changes/zone"), QUERY, body);
        var answer = whole.path("zones").path(0);
        if (token.isPresent() && (isBadRequest(whole) || isBadRequest(answer))) {
            return Optional.empty();
        }
        check(whole);
        if (!answer.isObject()) {
            throw silent();
        }
        check(answer);
        return Optional.of(new Page(
                records(answer), Optional.ofNullable(Json.text(answer, "syncToken")), Json.flag(answer, "moreComing")));
    }

    private JsonNode post(String operation, ObjectNode body) throws ConnectorException, InterruptedException {
        var answer = calls.post(SERVICE, path(operation), QUERY, body);
        check(answer);
        return answer;
    }

    private static boolean isBadRequest(JsonNode answer) {
        return answer.path("serverErrorCode").asString("").equals("BAD_REQUEST");
    }

    /// An error may come with status 200, of the whole or of a zone (`icloud-protocol` 1.12).
    private static void check(JsonNode answer) throws ConnectorException {
        switch (answer.path("serverErrorCode").asString("")) {
            case "" -> {
                // as it should be
            }
            case "ZONE_NOT_FOUND", "NOT_FOUND" ->
                throw new Refused(ErrorCode.NOT_ACTIVATED, "The account's owner has never opened this service.");
            default -> throw silent();
        }
    }

    private static Unavailable silent() {
        return new Unavailable(
                Duration.ofMinutes(5), ErrorCode.SERVICE_UNAVAILABLE, "The source did not answer as it should.");
    }

    private static List<CloudRecord> records(JsonNode answer) throws Unavailable {
        if (!answer.path("records").isArray()) {
            throw silent();
        }
        return answer.path("records").valueStream().map(CloudRecord::new).toList();
    }

    private String path(String operation) {
        return "/database/1/" + container + "/production/private/" + operation;
    }
}
