package ferry.sandbox.contacts;

import ferry.sandbox.Replies;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// Cards as old programs left them. A client reads what can be read of each.
final class OddCards {
    private OddCards() {}

    static List<JsonNode> all() {
        var bare = Replies.object().put("contactId", "ODD-BARE");
        var wrongTypes = Replies.object()
                .put("contactId", "ODD-TYPES")
                .put("isCompany", 1)
                .put("companyName", "Numbers")
                .put("birthday", "the 5th of May")
                .put("lastName", 42)
                .put("fieldOfTomorrow", "kept");
        wrongTypes.putObject("phones").put("field", 442079460000L).put("label", "");
        wrongTypes.putNull("emailAddresses").putArray("urls").add("https://bare.sandbox.example/");
        wrongTypes.set("dates", People.labelled("_$!<Anniversary>!$_", "0000-00-00"));
        wrongTypes.put("streetAddresses", "1 Ferry Lane").put("photo", "");
        var leapDay = Replies.object().put("contactId", "ODD-LEAP").put("birthday", "1604-02-29");
        leapDay.put("firstName", "Leap").put("notes", "x".repeat(20_000));
        var twice = Replies.object().put("contactId", "ODD-BARE").put("firstName", "Twice");
        var withoutId = Replies.object().put("firstName", "No").put("lastName", "Id");
        return List.of(bare, wrongTypes, leapDay, twice, withoutId, JsonNodeFactory.instance.stringNode("not a card"));
    }
}
