package ferry.sandbox.contacts;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.icloud.contacts.Contacts;
import ferry.connector.icloud.web.KeptFeed;
import ferry.sandbox.SignedIn;
import java.net.BindException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The real connector reads the contacts of the named accounts.
class ContactsAtSandboxTest {
    private final SignedIn there = new SignedIn();

    ContactsAtSandboxTest() throws BindException {}

    @AfterEach
    void stop() {
        there.close();
    }

    private KeptFeed read(String name) throws Exception {
        var feed = there.read(name, Contacts.CONTACTS);
        assertThat(feed.ids()).doesNotHaveDuplicates();
        return feed;
    }

    private AddressBook book(String name) {
        return there.sandbox.contacts().of(there.account(name));
    }

    private static List<String> entries(List<String> ids) {
        return ids.stream().map(id -> "contact:" + id).toList();
    }

    @Test
    void anOrdinaryBookComesWhole() throws Exception {
        var feed = read("plain");
        var contacts = feed.kind("contact");
        assertThat(contacts).hasSize(24);
        assertThat(contacts)
                .extracting(c -> c.path("id").asString())
                .isEqualTo(entries(book("plain").ids()));
        assertThat(contacts)
                .filteredOn(c -> c.path("is_own").asBoolean())
                .singleElement()
                .satisfies(
                        own -> assertThat(own.at("/emails/0/value").asString()).isEqualTo("plain@sandbox.example"));
        assertThat(contacts).filteredOn(c -> !c.path("addresses").isEmpty()).isNotEmpty();
        assertThat(contacts).filteredOn(c -> c.path("has_photo").asBoolean()).isNotEmpty();
        assertThat(contacts)
                .filteredOn(c -> c.path("kind").asString().equals("company"))
                .isNotEmpty();
        assertThat(contacts)
                .filteredOn(c -> c.at("/birthday/year").isNull())
                .as("birthdays without a year")
                .isNotEmpty();
        var groups = feed.kind("contact_group");
        assertThat(groups).extracting(g -> g.path("name").asString()).containsExactly("Family", "Work", "Nobody yet");
        groups.forEach(group -> group.path("members")
                .forEach(member -> assertThat(
                                feed.item(member.asString()).path("groups").toString())
                        .contains(group.path("id").asString())));
        assertThat(feed.complete).isTrue();
    }

    @Test
    void twoBooksAreNotTheSameAndOneIsAlways() throws Exception {
        assertThat(read("plain").ids())
                .isEqualTo(read("plain").ids())
                .isNotEqualTo(read("big").ids());
    }

    @Test
    void aBookOfManyPagesComesWhole() throws Exception {
        var feed = read("many-contacts");
        assertThat(feed.kind("contact")).hasSize(1200);
        assertThat(feed.complete).isTrue();
        assertThat(there.asked("many-contacts", "/co/contacts")).isGreaterThan(20);
    }

    @Test
    void whatStaysWhileOthersAreRemovedIsThere() throws Exception {
        var feed = read("moving-contacts");
        assertThat(book("moving-contacts").ids()).hasSize(148);
        assertThat(feed.ids()).containsAll(entries(book("moving-contacts").ids()));
        assertThat(feed.complete).isTrue();
    }

    @Test
    void oddCardsAreReadAsFarAsTheyCanBe() throws Exception {
        var feed = read("odd-contacts");
        assertThat(feed.refusals).containsExactly("contact:#1 not-retrievable", "contact:#2 not-retrievable");
        assertThat(feed.item("contact:ODD-TYPES").path("birthday_raw").asString())
                .isEqualTo("the 5th of May");
        assertThat(feed.item("contact:ODD-TYPES").at("/raw/fieldOfTomorrow").asString())
                .isEqualTo("kept");
        assertThat(feed.item("contact:ODD-LEAP").at("/birthday/day").asInt()).isEqualTo(29);
        assertThat(feed.items).filteredOn(c -> c.path("is_own").asBoolean()).hasSize(1);
    }

    @Test
    void nobodyOpenedContacts() throws Exception {
        var feed = read("no-contacts");
        assertThat(feed.items).isEmpty();
        assertThat(feed.complete).isTrue();
    }

    @Test
    void whatTheOwnerChangesIsSeen() throws Exception {
        var before = read("plain");
        var book = book("plain");
        var renamed = book.ids().get(3);
        var removed = book.ids().get(4);
        book.rename(renamed, "Aaron");
        book.remove(removed);
        var added = book.add("New", "Person");
        var after = read("plain");
        assertThat(after.item("contact:" + renamed).at("/name/given").asString())
                .isEqualTo("Aaron");
        assertThat(after.item("contact:" + renamed).path("etag"))
                .isNotEqualTo(before.item("contact:" + renamed).path("etag"));
        assertThat(after.ids()).contains("contact:" + added).doesNotContain("contact:" + removed);
    }
}
