package ferry.connector.icloud.photos;

import ferry.connector.icloud.web.Calls;
import ferry.egress.Answer;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// A library of any size, made page by page and never held.
final class EndlessCloud implements Calls {
    private final FakeCloud frame = new FakeCloud();
    private final int size;

    EndlessCloud(int size) {
        this.size = size;
        frame.counted = size;
    }

    @Override
    public boolean has(String service) {
        return true;
    }

    @Override
    public JsonNode get(String service, String path, Map<String, String> query) {
        throw new AssertionError("photos are read by POST alone: " + path);
    }

    @Override
    public JsonNode post(String service, String path, Map<String, String> query, JsonNode body) {
        if (!body.path("query").path("recordType").asString("").equals(View.LIBRARY.listIndex())) {
            return frame.post(service, path, query, body);
        }
        long rank = body.path("query")
                .path("filterBy")
                .path(0)
                .path("fieldValue")
                .path("value")
                .longValue();
        long end = Math.min(size, rank + body.path("resultsLimit").intValue() / 2);
        var answer = FakeCloud.JSON.createObjectNode().put("syncToken", "token-0");
        var records = answer.putArray("records");
        var page = new FakeCloud();
        for (long i = rank; i < end; i++) {
            var made = page.made((int) i);
            records.add(made.master());
            records.add(made.asset());
        }
        return answer;
    }

    @Override
    public Answer content(String url, long from) {
        throw new AssertionError("nobody asked for files");
    }
}
