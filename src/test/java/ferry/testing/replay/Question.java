package ferry.testing.replay;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.MissingNode;

/// What a request asks, as far as it decides the answer. Two requests with equal questions get the same answer.
///
/// @param path percent-encoded as it came
/// @param detail what the body asks: the account at sign-in, the code, the trust token, the record type, zone and rank
record Question(String method, String host, String path, String detail) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// The index names of 2018 and those of today, for the same lists.
    private static final Map<String, String> TODAY = Map.of(
            "CPLAssetAndMasterByAddedDate", "CPLAssetAndMasterByAssetDateWithoutHiddenOrDeleted",
            "CPLAssetByAddedDate", "CPLAssetByAssetDateWithoutHiddenOrDeleted");

    static Question of(String method, String host, String path, JsonNode body) {
        return new Question(method, host, path, detail(path, body));
    }

    /// The same question for one part of a `records/query/batch`.
    Question part(JsonNode part) {
        return new Question(method, host, path, count(part));
    }

    boolean isBatch() {
        return path.endsWith("/internal/records/query/batch");
    }

    boolean isPath(String end) {
        return path.endsWith(end);
    }

    static JsonNode parse(byte[] body) {
        try {
            return body.length == 0 ? MissingNode.getInstance() : JSON.readTree(body);
        } catch (JacksonException _) {
            return MissingNode.getInstance();
        }
    }

    private static String detail(String path, JsonNode body) {
        var end = path.substring(path.lastIndexOf('/') + 1);
        return switch (end) {
            case "init", "complete" -> body.path("accountName").asString("");
            case "accountLogin" -> body.path("trustToken").asString("");
            case "securitycode" -> body.path("securityCode").path("code").asString("");
            case "query" -> query(body);
            default -> "";
        };
    }

    private static String query(JsonNode body) {
        var query = body.path("query");
        var index = today(query.path("recordType").asString(""));
        return (index + " " + zone(body) + " " + String.join(" ", filter(query, "startRank"))).strip();
    }

    private static String count(JsonNode part) {
        var index = filter(part.path("query"), "indexCountID");
        return String.join(" ", index.stream().map(Question::today).toList()) + " " + zone(part);
    }

    /// A filter's values; a query has one filter or a list of them, and a filter one value or a list.
    private static List<String> filter(JsonNode query, String field) {
        var filters = query.path("filterBy");
        return (filters.isArray() ? filters.valueStream() : Stream.of(filters))
                .filter(filter -> filter.path("fieldName").asString("").equals(field))
                .map(filter -> filter.path("fieldValue").path("value"))
                .flatMap(value -> value.isArray() ? value.valueStream() : Stream.of(value))
                .map(JsonNode::asString)
                .toList();
    }

    private static String zone(JsonNode body) {
        return body.path("zoneID").path("zoneName").asString("");
    }

    private static String today(String index) {
        return TODAY.getOrDefault(index, index);
    }
}
