package ferry.connector.icloud.reminders;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.Window;
import ferry.connector.icloud.web.KeptFeed;
import ferry.sandbox.SignedIn;
import ferry.sandbox.reminders.ReminderBook;
import java.net.BindException;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/// The real connector, which does not know where it is, reads simulated reminders.
class RemindersAtSandboxTest {
    private final SignedIn there = new SignedIn();

    RemindersAtSandboxTest() throws BindException {}

    @AfterEach
    void stop() {
        there.close();
    }

    private KeptFeed read(String name) throws Exception {
        return there.read(name, Reminders.REMINDERS);
    }

    private ReminderBook book(String name) {
        return there.sandbox.reminders().of(there.account(name));
    }

    private static String recordName(ObjectNode reminder) {
        return "Reminder/" + reminder.path("id").asString().substring("reminder:".length());
    }

    @Test
    void everyReminderComesOnceWithAllThatHangsOnIt() throws Exception {
        var feed = read("plain");
        var reminders = feed.kind("reminder");
        assertThat(reminders)
                .extracting(RemindersAtSandboxTest::recordName)
                .containsExactlyInAnyOrderElementsOf(book("plain").reminders());
        assertThat(feed.kind("list"))
                .extracting(list -> list.path("color").asString())
                .containsExactlyInAnyOrder("#1BADF8", "no JSON");
        assertThat(feed.kind("list").stream()
                        .mapToInt(list -> list.path("count").asInt())
                        .sum())
                .isEqualTo(reminders.size());
        assertThat(feed.warnings).isEmpty();
        assertThat(feed.complete).isTrue();
        assertThat(reminders)
                .allSatisfy(it -> assertThat(it.path("title").asString("")).isNotEqualTo("an old version"));
        assertThat(reminders).anySatisfy(it -> {
            assertThat(it.at("/alarms/0/trigger/title").asString()).isEqualTo("Library");
            assertThat(it.at("/alarms/0/trigger/proximity").asString()).isEqualTo("arriving");
        });
        assertThat(reminders)
                .anySatisfy(it -> assertThat(it.at("/hashtags/0").asString()).isEqualTo("errand"));
        assertThat(reminders)
                .anySatisfy(it ->
                        assertThat(it.at("/recurrence/0/frequency").asString()).isEqualTo("weekly"));
        assertThat(reminders).anySatisfy(it -> {
            assertThat(it.at("/attachments/0/url").asString()).isEqualTo("https://dentist.example/");
            assertThat(it.at("/attachments/0").has("file_id")).isFalse();
            assertThat(it.at("/attachments/1/filename").asString()).isEqualTo("picture.jpg");
            assertThat(it.at("/attachments/1/mime_type").asString()).isEqualTo("image/jpeg");
            assertThat(it.at("/attachments/1/available").asBoolean()).isTrue();
            assertThat(it.path("parent_id").asString("")).startsWith("reminder:");
        });
        assertThat(reminders).anySatisfy(it -> {
            assertThat(it.path("completed").asBoolean()).isTrue();
            assertThat(it.path("date_completed").isNull()).isFalse();
        });
    }

    @Test
    void manyPagesAreReadToTheEnd() throws Exception {
        assertThat(read("big").kind("reminder"))
                .hasSize(book("big").reminders().size())
                .hasSizeGreaterThan(500);
    }

    @Test
    void remindersThatTheSourceCannotReadAreNamed() throws Exception {
        var feed = read("record-errors");
        assertThat(feed.refusals).isNotEmpty().allMatch(it -> it.matches("reminder:[^/]+ not-retrievable"));
        int missing =
                book("record-errors").reminders().size() - feed.kind("reminder").size();
        assertThat(feed.sentences.get("count_deviates"))
                .isEqualTo("In 1 lists the source counts " + missing + " reminders more than it gave.");
        assertThat(feed.complete).isFalse();
    }

    @Test
    void remindersThatWereNeverUpgradedComeFromTheOldService() throws Exception {
        var feed = read("reminders-old");
        assertThat(feed.kind("reminder"))
                .hasSize(book("reminders-old").reminders().size());
        assertThat(feed.kind("list"))
                .extracting(list -> list.path("title").asString())
                .containsExactly("Reminders", "House");
        var first = feed.kind("reminder").getFirst();
        assertThat(first.path("title").asString()).isEqualTo("Renew the passport");
        assertThat(first.path("date_due").asString()).isEqualTo("2018-05-09T08:30:00.000Z");
        assertThat(first.path("list_id").asString()).endsWith("House");
        assertThat(feed.complete).isTrue();
    }

    @Test
    void aLaterReadingGetsWhatIsNew() throws Exception {
        read("plain");
        book("plain").remove(book("plain").reminders().getFirst());
        var added = book("plain").add("More");
        var window = new Window(Optional.of(there.clock.instant()), Optional.empty());
        var feed = there.read("plain", Reminders.REMINDERS, window);
        assertThat(feed.items).extracting(RemindersAtSandboxTest::recordName).containsExactly(added);
        assertThat(feed.items.getFirst().path("title").asString()).isEqualTo("More");
    }
}
