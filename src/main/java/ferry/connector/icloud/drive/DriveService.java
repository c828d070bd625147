package ferry.connector.icloud.drive;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.Json;
import ferry.error.ErrorCode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/// What the drive's two services are asked: `drivews` for the tree, `docws` for the way to a file's bytes
/// (`icloud-protocol` 2.7). Thread-safe.
final class DriveService {
    private static final String TREE = "drivews";
    private static final String DOCUMENTS = "docws";

    private final Calls calls;

    DriveService(Calls calls) {
        this.calls = calls;
    }

    /// The way to one file's bytes, as given out now; it expires.
    ///
    /// @param signature in base64, where there is one
    /// @param isPackage a folder that is shown as a file; it comes as a zip whose size nobody tells
    record Token(String url, Optional<String> signature, boolean isPackage) {}

    /// Lists several folders in one call; answers in the same order, a missing node for one that was left out.
    List<JsonNode> listing(List<Folder> folders) throws ConnectorException, InterruptedException {
        var body = Json.MAPPER.createArrayNode();
        for (var folder : folders) {
            body.add(asked(folder.drivewsid(), folder.share()));
        }
        var answer = calls.post(TREE, "/retrieveItemDetailsInFolders", Map.of(), body);
        return matched(folders.stream().map(Folder::drivewsid).toList(), answer);
    }

    /// The libraries of apps, those that the root does not list included, as a folder's answer.
    JsonNode libraries() throws ConnectorException, InterruptedException {
        return calls.get(TREE, "/retrieveAppLibraries", Map.of());
    }

    /// Single items, in the same order; a missing node for one that the source does not know any more.
    List<JsonNode> details(List<String> drivewsids, Optional<JsonNode> share)
            throws ConnectorException, InterruptedException {
        var body = Json.MAPPER.createArrayNode();
        var items = body.addObject().putArray("items");
        drivewsids.forEach(id -> items.add(asked(id, share)));
        var answer = calls.post(TREE, "/retrieveItemDetails", Map.of(), body);
        // Seen as a list of items; a list in a list, as the question is, is read as well.
        var nested = answer.path(0).path("items");
        return matched(drivewsids, nested.isArray() ? nested : answer).stream()
                .map(item -> item.has("status") && !"OK".equals(Json.text(item, "status")) ? missing() : item)
                .toList();
    }

    /// Empty where the source has no bytes for it: it is gone, lies elsewhere, or was never uploaded.
    Optional<Token> token(Item item) throws ConnectorException, InterruptedException {
        var query = new LinkedHashMap<String, String>();
        query.put("document_id", item.docwsid());
        item.share().ifPresent(share -> query.put("shareID", share.isString() ? share.asString() : share.toString()));
        var path =
                "/ws/" + URLEncoder.encode(item.zone(), StandardCharsets.UTF_8).replace("+", "%20");
        try {
            var answer = calls.get(DOCUMENTS, path + "/download/by_id", query);
            return token(field(answer, "data_token"), false).or(() -> token(field(answer, "package_token"), true));
        } catch (Refused e) {
            if (concernsAll(e)) {
                throw e;
            }
            return Optional.empty();
        }
    }

    /// Whether a refusal is about the account or the service, not about what was asked for.
    static boolean concernsAll(Refused e) {
        return e.code() != ErrorCode.SERVICE_UNAVAILABLE && e.code() != ErrorCode.NOT_RETRIEVABLE;
    }

    private static Optional<Token> token(JsonNode token, boolean isPackage) {
        var url = field(token, "url").asString("");
        var signature = field(token, "signature").asString("");
        return url.isBlank()
                ? Optional.empty()
                : Optional.of(new Token(
                        url,
                        Optional.of(signature).filter(s -> !s.isBlank()),
                        isPackage || url.contains("/packageDownload?")));
    }

    /// By name, also where a stray newline stands in it.
    private static JsonNode field(JsonNode node, String name) {
        if (node.has(name)) {
            return node.path(name);
        }
        for (var property : node.properties()) {
            if (property.getKey().strip().equals(name)) {
                return property.getValue();
            }
        }
        return missing();
    }

    private static ObjectNode asked(String drivewsid, Optional<JsonNode> share) {
        var node = Json.object()
                .put("drivewsid", drivewsid)
                .put("partialData", false)
                .put("includeHierarchy", false);
        share.ifPresent(id -> node.set("shareID", id));
        return node;
    }

    /// By id; what comes without one, as an item that is gone does, by its place.
    private static List<JsonNode> matched(List<String> asked, JsonNode answer) {
        var byId = new HashMap<String, JsonNode>();
        for (var node : answer) {
            var id = Json.text(node, "drivewsid");
            if (id != null) {
                byId.putIfAbsent(id, node);
            }
        }
        var matched = new ArrayList<JsonNode>();
        for (int i = 0; i < asked.size(); i++) {
            var place = answer.size() == asked.size() ? answer.path(i) : missing();
            var nameless = Json.text(place, "drivewsid") == null ? place : missing();
            matched.add(byId.getOrDefault(asked.get(i), nameless));
        }
        return matched;
    }

    private static JsonNode missing() {
        return MissingNode.getInstance();
    }
}
