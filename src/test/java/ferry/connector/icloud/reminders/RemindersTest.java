package ferry.connector.icloud.reminders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.ConnectorException;
import ferry.connector.Window;
import ferry.connector.icloud.notes.PagesOfAZone;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.KeptFeed;
import ferry.error.ErrorCode;
import ferry.sandbox.cloudkit.Proto;
import ferry.testing.NoLimits;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/// The reader of reminders, at answers of all kinds.
class RemindersTest {
    private final PagesOfAZone cloud = new PagesOfAZone();
    private final KeptFeed feed = new KeptFeed();

    private void read() throws Exception {
        reminders().reminders(Window.ALL, feed);
    }

    private Reminders reminders() {
        return new Reminders(cloud, new NoLimits(1), InstantSource.fixed(Instant.EPOCH));
    }

    @AfterEach
    void everyRecordKeepsItsSchema() {
        assertThat(feed.schemaErrors(Reminders.REMINDERS)).isEmpty();
    }

    private static ObjectNode reminder(String id, byte[] title) {
        var fields = Json.object();
        fields.putObject("TitleDocument")
                .put("type", "ENCRYPTED_BYTES")
                .put("value", Base64.getEncoder().encodeToString(title));
        return PagesOfAZone.record("Reminder/" + id, "Reminder", fields);
    }

    private static byte[] title(String words) {
        return new Proto()
                .message(2, new Proto().message(3, new Proto().text(2, words)))
                .zlib();
    }

    @Test
    void ciphertextIsNeverText() throws Exception {
        var cipher = new byte[60];
        cipher[0] = (byte) 0x9c;
        cloud.page("first", "", reminder("1", cipher), reminder("2", title("Two")));
        read();
        assertThat(feed.ids()).containsExactly("reminder:2");
        assertThat(feed.refusals).containsExactly("reminder:1 consent-required");
        assertThat(cloud.consents).isEqualTo(1);
    }

    @Test
    void wordsThatCannotBeReadLeaveTheRest() throws Exception {
        cloud.page(
                "first",
                "",
                reminder("1", new Proto().text(1, "another document").gzip()));
        read();
        assertThat(feed.item("reminder:1").path("body_undecoded").asBoolean()).isTrue();
        assertThat(feed.complete).isFalse();
        assertThat(feed.warnings).containsExactly("body_undecoded");
    }

    @Test
    void numbersWithoutAWordComeAsTheyAre() throws Exception {
        var reminder = reminder("1", title("One"));
        var fields = (ObjectNode) reminder.path("fields");
        fields.putObject("Priority").put("type", "INT64").put("value", 77);
        fields.putObject("DueDate").put("type", "TIMESTAMP").put("value", Long.MAX_VALUE);
        fields.putObject("RecurrenceRuleIDs")
                .put("type", "STRING_LIST")
                .putArray("value")
                .add("r")
                .add("gone");
        var rule = Json.object();
        rule.putObject("Frequency").put("type", "INT64").put("value", 9);
        cloud.lookups.put("RecurrenceRule/r", PagesOfAZone.record("RecurrenceRule/r", "RecurrenceRule", rule));
        cloud.page("first", "", reminder);
        read();
        var entry = feed.item("reminder:1");
        assertThat(entry.path("priority").asString()).isEqualTo("other");
        assertThat(entry.path("priority_raw").asInt()).isEqualTo(77);
        assertThat(entry.path("date_due").isNull()).isTrue();
        assertThat(entry.at("/recurrence/0/frequency_raw").asInt()).isEqualTo(9);
        assertThat(feed.refusals).containsExactly("recurrencerule:gone not-retrievable");
    }

    @Test
    void anAlarmWhoseTriggerCanBeReadAgainBringsItsReminder() throws Exception {
        var reminder = reminder("1", title("One"));
        ((ObjectNode) reminder.path("fields"))
                .putObject("AlarmIDs")
                .put("type", "STRING_LIST")
                .putArray("value")
                .add("a");
        var alarm = Json.object();
        alarm.putObject("TriggerID").put("type", "STRING").put("value", "t");
        cloud.lookups.put("Reminder/1", reminder);
        cloud.lookups.put("Alarm/a", PagesOfAZone.record("Alarm/a", "Alarm", alarm));
        cloud.lookups.put(
                "AlarmTrigger/t",
                Json.object().put("recordName", "AlarmTrigger/t").put("serverErrorCode", "INTERNAL_ERROR"));
        cloud.page("first", "", reminder);
        read();
        assertThat(feed.item("reminder:1").at("/alarms/0/trigger").isNull()).isTrue();

        cloud.page("end", "");
        cloud.lookups.put("AlarmTrigger/t", PagesOfAZone.record("AlarmTrigger/t", "AlarmTrigger", Json.object()));
        var further = new KeptFeed();
        further.from = feed.reached;
        reminders().reminders(Window.ALL, further);
        assertThat(further.ids()).containsExactly("reminder:1");
        assertThat(further.item("reminder:1").at("/alarms/0/trigger").isObject())
                .isTrue();
    }

    @Test
    void aListThatCountsMoreThanCameIsSaidAndOneThatCountsFewerIsNot() throws Exception {
        cloud.page("first", "", list("more", 2), list("fewer", 0), inList("1", "more"), inList("2", "fewer"));
        read();
        assertThat(feed.sentences.get("count_deviates"))
                .isEqualTo("In 1 lists the source counts 1 reminders more than it gave.");
        assertThat(feed.complete).isTrue();
    }

    private static ObjectNode list(String id, int count) {
        var fields = Json.object();
        fields.putObject("Count").put("type", "INT64").put("value", count);
        return PagesOfAZone.record("List/" + id, "List", fields);
    }

    private static ObjectNode inList(String id, String list) {
        var reminder = reminder(id, title(id));
        ((ObjectNode) reminder.path("fields"))
                .putObject("List")
                .put("type", "REFERENCE")
                .putObject("value")
                .put("recordName", "List/" + list);
        return reminder;
    }

    @Test
    void anAccountThatWasNeverUpgradedIsAskedInTheOldWay() throws Exception {
        cloud.pages.put("first", Json.object().put("serverErrorCode", "ZONE_NOT_FOUND"));
        cloud.got = Json.MAPPER.readTree("""
                {"Collections": [{"guid": "tasks", "title": "Reminders", "color": "#CC73E1"}],
                 "Reminders": [
                   {"guid": "1", "pGuid": "tasks", "title": "Dentist", "description": null, "priority": 5,
                    "dueDate": [20200131, 2020, 1, 31, 9, 30, 570], "completedDate": null},
                   {"guid": "2", "pGuid": "tasks", "title": "Where are my reminders?"},
                   {"guid": "3", "title": "Bad date", "dueDate": [0, 2020, 13, 31], "completedDate": [20200101, 2020, 1, 1, 0, 0]}]}
                """);
        read();
        assertThat(feed.ids()).containsExactly("list:tasks", "reminder:1", "reminder:3");
        assertThat(feed.item("reminder:1").path("date_due").asString()).isEqualTo("2020-01-31T09:30:00.000Z");
        assertThat(feed.item("reminder:1").path("priority").asString()).isEqualTo("medium");
        assertThat(feed.item("reminder:3").path("date_due").isNull()).isTrue();
        assertThat(feed.item("reminder:3").path("completed").asBoolean()).isTrue();
        assertThat(feed.warnings).containsExactly("upgraded_elsewhere");
        assertThat(feed.complete).isFalse();
    }

    @Test
    void whatHasNoIdInTheOldWayIsNamedAndAnOddDateOfCompletionCompletes() throws Exception {
        cloud.pages.put("first", Json.object().put("serverErrorCode", "ZONE_NOT_FOUND"));
        cloud.got = Json.MAPPER.readTree("""
                {"Collections": [{"title": "Without"}],
                 "Reminders": [{"title": "Without"}, {"guid": "1", "title": "Done", "completedDate": [0, 2020, 13, 1]}]}
                """);
        read();
        assertThat(feed.ids()).containsExactly("reminder:1");
        assertThat(feed.item("reminder:1").path("completed").asBoolean()).isTrue();
        assertThat(feed.item("reminder:1").path("date_completed").isNull()).isTrue();
        assertThat(feed.refusals).containsExactly("list:#1 not-retrievable", "reminder:#2 not-retrievable");
    }

    @Test
    void anAccountWithNeitherHasNeverOpenedReminders() {
        cloud.pages.put("first", Json.object().put("serverErrorCode", "ZONE_NOT_FOUND"));
        assertThatThrownBy(this::read)
                .isInstanceOfSatisfying(
                        ConnectorException.Refused.class,
                        refused -> assertThat(refused.code()).isEqualTo(ErrorCode.NOT_ACTIVATED));
    }
}
