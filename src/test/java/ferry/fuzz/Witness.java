package ferry.fuzz;

import ferry.testing.Contract;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// What may never be in an answer. Thread-safe.
final class Witness {
    /// Of version 7, as all are that the service makes: any other one was made up by somebody who called.
    private static final Pattern UUID =
            Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}");
    /// Fields that name a resource whose ids are numbers, and which.
    private static final Map<String, String> REFERENCES = Map.of(
            "user", "user",
            "source", "source",
            "parent", "source",
            "key", "key",
            "permissions", "permissions",
            "storage_config", "storage_config",
            "storage_config_default", "storage_config",
            "webhook_config", "webhook_config",
            "webhook_config_default", "webhook_config");

    private final Contract contract;
    /// Which party saw an id first: it is that one's. Some 200,000 in a million calls.
    private final Map<String, Integer> owners = new ConcurrentHashMap<>();

    Witness(Contract contract) {
        this.contract = contract;
    }

    /// How many ids were seen.
    int ids() {
        return owners.size();
    }

    /// What is wrong with an answer; empty where nothing is.
    ///
    /// @param json the body, missing where it is none
    List<String> problems(Party party, Call call, HttpResponse<String> answer, JsonNode json) {
        var problems = new ArrayList<String>();
        if (answer.statusCode() >= 500) {
            problems.add("the service failed");
        }
        problems.addAll(
                contract.problems(call.method(), call.path(), answer.statusCode(), answer.headers(), answer.body()));
        var text = answer.body();
        Canary.strangers(text, party.canary())
                .forEach(canary -> problems.add("it shows what is another organisation's: " + canary));
        if (text.contains(party.password()) && !call.target().contains(party.password())) {
            problems.add("it shows a password");
        }
        // A key that was made under an Idempotency-Key may ask again with its own token.
        boolean made = call.method().equals("POST") && call.path().matches("/+keys/?");
        if (!made && call.token() != null && call.token().length() > 40 && text.contains(call.token())) {
            problems.add("it shows the token");
        }
        boolean document =
                answer.headers().firstValue("Content-Type").orElse("").equals("application/yaml");
        // The document's examples name ids. An error may name what was asked for.
        boolean echo = answer.statusCode() >= 400;
        var asked = echo ? call.target() + call.text() : "";
        UUID.matcher(document ? "" : text)
                .results()
                .map(id -> id.group())
                .filter(id -> !asked.contains(id))
                .filter(id -> !belongs(id, party))
                .forEach(id -> problems.add("it shows an id of the other organisation: " + id));
        resources(party, json, problems);
        if (answer.statusCode() < 300) {
            problems.addAll(leniency(call));
        }
        return problems;
    }

    private void resources(Party party, JsonNode node, List<String> problems) {
        if (node.isObject()) {
            if (node.path("organisation").isValueNode()
                    && !node.get("organisation").asString("").equals(party.id())) {
                problems.add("it shows another organisation");
            }
            REFERENCES.forEach((name, resource) -> {
                if (node.path(name).isString()
                        && !belongs(resource + " " + node.get(name).asString(), party)) {
                    problems.add("it refers to the other organisation's " + resource + " " + node.get(name));
                }
            });
            var resource = node.path("resource").asString("");
            if (REFERENCES.containsValue(resource)
                    && !belongs(resource + " " + node.path("id").asString(), party)) {
                problems.add("it shows the other organisation's " + resource + " " + node.path("id"));
            }
        }
        node.forEach(child -> resources(party, child, problems));
    }

    /// What the document refuses must not be done: else it says less than is true.
    private List<String> leniency(Call call) {
        if (call.pointer().isEmpty() || call.body() == null) {
            return List.of();
        }
        var schema = call.pointer().get() + "/requestBody/content/application~1json/schema";
        if (contract.document().at(schema).isMissingNode()) {
            return List.of();
        }
        return Answers.json(call.text())
                .map(body -> contract.errors(schema, body).stream()
                        .map(error -> "it was done, though the document refuses the body " + error)
                        .toList())
                .orElse(List.of());
    }

    private boolean belongs(String id, Party party) {
        var owner = owners.putIfAbsent(id, party.number());
        return owner == null || owner == party.number();
    }
}
