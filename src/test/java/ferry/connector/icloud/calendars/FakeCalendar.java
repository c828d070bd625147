package ferry.connector.icloud.calendars;

import ferry.connector.ConnectorException;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.Json;
import ferry.egress.Answer;
import ferry.error.ErrorCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Answers as it is told to: by the span asked for, or by path. Whatever else is asked for is empty.
final class FakeCalendar implements Calls {
    /// `2024-01-01 2024-12-31`, or a path.
    final Map<String, JsonNode> answers = new HashMap<>();

    final List<String> asked = new ArrayList<>();
    Failing failing = _ -> null;

    /// Why a request fails; null where it does not.
    interface Failing {
        @Nullable
        ConnectorException why(String request);
    }

    /// The answer for a year, in JSON with `'` for `"`.
    void year(int year, String json) {
        answers.put(year + "-01-01 " + year + "-12-31", json(json));
    }

    void details(String calendar, String guid, String json) {
        answers.put("/ca/eventdetail/" + calendar + "/" + guid, json(json));
    }

    static JsonNode json(String json) {
        return Json.MAPPER.readTree(json.replace('\'', '"'));
    }

    long asked(String prefix) {
        return asked.stream().filter(each -> each.startsWith(prefix)).count();
    }

    @Override
    public JsonNode get(String service, String path, Map<String, String> query) throws ConnectorException {
        if (!service.equals("calendar") || !"UTC".equals(query.get("usertz"))) {
            throw new AssertionError("asked of " + service + " in " + query.get("usertz"));
        }
        var request = path.equals("/ca/events") ? query.get("startDate") + " " + query.get("endDate") : path;
        asked.add(request);
        var why = failing.why(request);
        if (why != null) {
            throw why;
        }
        var answer = answers.getOrDefault(request, Json.object());
        if (Json.isError(answer)) {
            throw new ConnectorException.Refused(ErrorCode.SERVICE_UNAVAILABLE, "The source answered an error.");
        }
        return answer;
    }

    @Override
    public JsonNode post(String service, String path, Map<String, String> query, JsonNode body) {
        throw new AssertionError("calendars are never posted to");
    }

    @Override
    public boolean has(String service) {
        return true;
    }

    @Override
    public Answer content(String url, long from) {
        throw new AssertionError("calendars have no content");
    }
}
