package ferry.connector.icloud.web;

import ferry.connector.ConnectorException;
import ferry.egress.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// Services in memory: each path has somebody who answers.
public final class ScriptedCalls implements Calls {
    /// Every call, such as `GET contacts /co/startup`.
    public final List<String> made = new ArrayList<>();

    /// What was posted, in order.
    public final List<JsonNode> bodies = new ArrayList<>();

    /// How long was waited, which takes no time.
    public final List<Duration> pauses = new ArrayList<>();

    private final Map<String, Script> scripts = new HashMap<>();

    /// Answers one call.
    @FunctionalInterface
    public interface Script {
        JsonNode answer(Map<String, String> query) throws ConnectorException;
    }

    public ScriptedCalls on(String call, Script script) {
        scripts.put(call, script);
        return this;
    }

    /// The same answer each time; single quotes stand for double ones.
    public ScriptedCalls on(String call, String json) {
        return on(call, _ -> json(json));
    }

    /// Single quotes stand for double ones.
    public static JsonNode json(String text) {
        return Json.MAPPER.readTree(text.replace('\'', '"'));
    }

    @Override
    public JsonNode get(String service, String path, Map<String, String> query) throws ConnectorException {
        return answer("GET " + service + " " + path, query);
    }

    @Override
    public JsonNode post(String service, String path, Map<String, String> query, JsonNode body)
            throws ConnectorException {
        bodies.add(body.deepCopy());
        return answer("POST " + service + " " + path, query);
    }

    private JsonNode answer(String call, Map<String, String> query) throws ConnectorException {
        made.add(call);
        var script = scripts.get(call);
        if (script == null) {
            throw new AssertionError("nobody answers " + call);
        }
        return script.answer(query);
    }

    @Override
    public boolean has(String service) {
        return true;
    }

    @Override
    public void pause(Duration wait) {
        pauses.add(wait);
    }

    @Override
    public Answer content(String url, long from) {
        throw new AssertionError("nobody asks for files");
    }
}
