package ferry.testing.replay;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The whole list of what is answered though it was not recorded, because today's connector asks for it and the
/// clients of the recordings did not. Each answer says the least that can be said; whatever is not here fails the test.
///
/// | request | answer | why it is not in the recordings |
/// |---|---|---|
/// | `PUT …/verify/trusteddevice/securitycode` | 202 | devices showed a code unasked until 2026 (1.6) |
/// | `records/query` of a listing with a rank | a page without records | only first pages were kept (2.6) |
/// | an index in `records/query/batch` | 0 items | one index was asked for at a time (2.6) |
/// | `changes/zone` from a token | nothing changed since | no final pass over changes (2.5, R16) |
/// | `records/lookup` | the listings' own records; NOT_FOUND for others | addresses were never renewed (R18) |
/// | `zones/list` of the shared database | no zones | shared libraries came later (2.6, R24) |
/// | `GET` of a file that a listing names | 410, as for an expired address | one file was fetched per recording (R18) |
final class NeutralAnswers {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    private final Rewriting rewriting;
    private final Map<String, JsonNode> records = new HashMap<>();
    private final Set<String> files = new HashSet<>();

    NeutralAnswers(List<Recorded> recordings, Rewriting rewriting) {
        this.rewriting = rewriting;
        for (var recorded : recordings) {
            if (recorded.url().getPath().endsWith("/records/query")) {
                recorded.answered().path("records").forEach(this::learn);
            }
        }
    }

    private void learn(JsonNode record) {
        records.put(record.path("recordName").asString(""), record);
        for (var field : record.path("fields")) {
            var address = field.path("value").path("downloadURL").asString("");
            if (!address.isEmpty()) {
                files.add(path(address));
            }
        }
    }

    /// The path as a client sends it: Apple leaves the braces of its placeholder bare.
    private static String path(String address) {
        return address.replaceFirst("^https://[^/]+", "")
                .replaceFirst("\\?.*$", "")
                .replace("{", "%7B")
                .replace("}", "%7D");
    }

    Optional<Answer> to(Question question, JsonNode asked) {
        var verb = question.method();
        if (verb.equals("PUT") && question.isPath("/verify/trusteddevice/securitycode")) {
            return Optional.of(Answer.empty(202));
        }
        if (verb.equals("GET") && files.contains(question.path())) {
            return Optional.of(Answer.empty(410));
        }
        if (!verb.equals("POST") || !question.path().startsWith("/database/1/com.apple.photos.cloud/production/")) {
            return Optional.empty();
        }
        if (question.isPath("/records/query") && question.detail().matches("CPL\\w+ \\S+ \\d+")) {
            return json(page());
        }
        if (question.isPath("/shared/zones/list")) {
            return json(JSON.objectNode().set("zones", JSON.arrayNode()));
        }
        if (question.isPath("/changes/zone")) {
            return json(unchanged(asked));
        }
        if (question.isPath("/records/lookup")) {
            return json(lookup(asked));
        }
        return Optional.empty();
    }

    /// The answer to one part of a batch of counts.
    JsonNode count(Question part) {
        var count = JSON.objectNode();
        var record = count.putArray("records").addObject();
        record.put("recordName", part.detail()).put("recordType", "IndexCountResult");
        record.putObject("fields").putObject("itemCount").put("value", 0).put("type", "INT64");
        return count;
    }

    private static ObjectNode page() {
        var page = JSON.objectNode();
        page.putArray("records");
        return page;
    }

    private static ObjectNode unchanged(JsonNode asked) {
        var answer = JSON.objectNode();
        var zones = answer.putArray("zones");
        for (var zone : asked.path("zones")) {
            var same = zones.addObject().put("moreComing", false);
            same.set("zoneID", zone.path("zoneID"));
            same.set("syncToken", zone.path("syncToken"));
            same.putArray("records");
        }
        return answer;
    }

    private ObjectNode lookup(JsonNode asked) {
        var answer = JSON.objectNode();
        var found = answer.putArray("records");
        for (var wanted : asked.path("records")) {
            var name = wanted.path("recordName").asString("");
            var record = records.get(name);
            if (record == null) {
                found.addObject().put("recordName", name).put("serverErrorCode", "NOT_FOUND");
            } else {
                found.add(record);
            }
        }
        return answer;
    }

    private Optional<Answer> json(JsonNode body) {
        return Optional.of(Answer.json(body, rewriting));
    }
}
