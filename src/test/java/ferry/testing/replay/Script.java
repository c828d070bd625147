package ferry.testing.replay;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// What some recordings answer, and the [NeutralAnswers] beside them.
///
/// @param counts the parts of recorded batches, each under a question of its own, since clients put them together
///     differently
record Script(
        Map<Question, Recorded> answers, Map<Question, JsonNode> counts, NeutralAnswers neutral, Rewriting rewriting) {
    static Script of(List<Recorded> recordings, Rewriting rewriting) {
        var answers = new HashMap<Question, Recorded>();
        var counts = new HashMap<Question, JsonNode>();
        for (var recorded : recordings) {
            var question = recorded.question();
            answers.putIfAbsent(question, recorded);
            if (question.isBatch()) {
                var parts = recorded.asked().path("batch");
                for (var i = 0; i < parts.size(); i++) {
                    counts.putIfAbsent(
                            question.part(parts.path(i)),
                            recorded.answered().path("batch").path(i));
                }
            }
        }
        return new Script(answers, counts, new NeutralAnswers(recordings, rewriting), rewriting);
    }

    /// Empty where neither a recording nor the list of neutral answers knows one.
    Optional<Answer> answer(Question question, JsonNode body) {
        if (question.isBatch()) {
            return Optional.of(Answer.json(batch(question, body), rewriting));
        }
        return Optional.ofNullable(answers.get(question))
                .map(recorded -> Answer.of(recorded, rewriting))
                .or(() -> neutral.to(question, body));
    }

    private JsonNode batch(Question question, JsonNode body) {
        var answer = JsonNodeFactory.instance.objectNode();
        var parts = answer.putArray("batch");
        for (var one : body.path("batch")) {
            var part = question.part(one);
            parts.add(Optional.ofNullable(counts.get(part)).orElseGet(() -> neutral.count(part)));
        }
        return answer;
    }
}
