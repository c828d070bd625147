package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import biweekly.Biweekly;
import com.adobe.internal.xmp.XMPMetaFactory;
import ezvcard.Ezvcard;
import ferry.access.Scopes;
import ferry.connector.icloud.ICloudConnector;
import ferry.connector.icloud.ICloudSettings;
import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import ferry.testing.AgeKeys;
import ferry.testing.Client;
import ferry.testing.Eventually;
import ferry.testing.FeedSchemas;
import ferry.testing.SafeHtml;
import ferry.testing.TestApp;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What a poll publishes beside its feeds, from the sandbox into the organisation's bucket: forms for other
/// programs, the source's own records, and the files that hang on contacts and notes.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExportFormsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String JOHN = "john.appleseed@sandbox.example";

    private final Map<String, String> sessions = new HashMap<>();
    private TestApp app;

    @BeforeAll
    void start() {
        app = TestApp.start();
        app.client().storage("local://forms/results");
    }

    @AfterAll
    void stop() {
        assertThat(app.sandbox().journal().violations()).isEmpty();
        app.close();
    }

    // ---- forms

    @Test
    void contactsComeAsOneFileOfVCardBesideTheirFeed() throws Exception {
        var poll = poll(JOHN, "'data_types': ['icloud_contacts.contacts'], 'formats': ['json', 'vcard']");

        assertThat(poll.at("/errors/total_count").asInt()).isZero();
        var results = results(poll);
        assertThat(results.keySet())
                .containsExactlyInAnyOrder("data:icloud_contacts.contacts", "form:vcard:icloud_contacts.contacts");
        var form = result(results, "form:vcard:icloud_contacts.contacts");
        assertThat(form.path("type").asString()).isEqualTo("vcf");
        assertThat(path(form)).hasFileName("contacts.vcf");
        var feed = feed(results, "icloud_contacts.contacts");
        var cards = Ezvcard.parse(Files.readString(path(form))).all();
        assertThat(cards).hasSize(feed.at("/data").size());
        for (int i = 0; i < cards.size(); i++) {
            var record = feed.at("/data").get(i);
            assertThat(cards.get(i).getUid().getValue().toUpperCase(Locale.ROOT))
                    .endsWith(
                            record.path("id").asString().replaceAll("^.*:", "").toUpperCase(Locale.ROOT));
            assertThat(cards.get(i).getTelephoneNumbers())
                    .hasSize(record.path("phones").size());
            assertThat(cards.get(i).getPhotos()).isEmpty();
        }
    }

    @Test
    void aPhotoThatIsFetchedIsInTheCard() throws Exception {
        var poll = poll(
                JOHN,
                "'data_types': ['icloud_contacts.contacts'], 'formats': ['vcard'],"
                        + " 'file_types': ['icloud_contacts.photo']");

        var results = results(poll);
        var feed = feed(results, "icloud_contacts.contacts");
        assertThat(new FeedSchemas(app.url()).errors("icloud_contacts.contacts", feed))
                .isEmpty();
        var photos = new HashMap<String, byte[]>();
        for (var record : feed.at("/data")) {
            if (record.has("files")) {
                var file = result(results, "file:" + record.at("/files/0/id").asString());
                photos.put(record.path("id").asString().replaceAll("^.*:", ""), Files.readAllBytes(path(file)));
            }
        }
        assertThat(photos).hasSizeGreaterThan(3);
        var cards = Ezvcard.parse(Files.readString(path(result(results, "form:vcard:icloud_contacts.contacts"))))
                .all();
        assertThat(cards).hasSize(feed.at("/data").size());
        var inCards = cards.stream()
                .filter(card -> !card.getPhotos().isEmpty())
                .collect(Collectors.toMap(
                        card -> card.getUid().getValue().replaceAll("^.*:", "").toUpperCase(Locale.ROOT),
                        card -> card.getPhotos().getFirst().getData()));
        assertThat(inCards.keySet()).isEqualTo(photos.keySet());
        inCards.forEach((id, photo) -> assertThat(photo).isEqualTo(photos.get(id)));
    }

    @Test
    void eachCalendarWithEventsComesAsAFile() throws Exception {
        var poll = poll(JOHN, "'data_types': ['icloud_calendars.events'], 'formats': ['icalendar']");

        var results = results(poll);
        var feed = feed(results, "icloud_calendars.events");
        var byCalendar = feed.at("/data")
                .valueStream()
                .filter(record -> record.path("data_type").asString().equals("event"))
                .collect(Collectors.groupingBy(
                        record -> record.path("calendar_id").asString(), Collectors.counting()));
        assertThat(byCalendar).hasSizeGreaterThan(2);
        assertThat(results).hasSize(byCalendar.size() + 1);
        int excluded = 0;
        for (var calendar : byCalendar.entrySet()) {
            var form = result(results, "form:icalendar:" + calendar.getKey());
            assertThat(form.path("type").asString()).isEqualTo("ics");
            var parsed = Biweekly.parse(Files.readString(path(form))).all();
            assertThat(parsed).hasSize(1);
            assertThat(parsed.getFirst().getEvents())
                    .hasSize(calendar.getValue().intValue());
            excluded += parsed.getFirst().getEvents().stream()
                    .mapToInt(event -> event.getExceptionDates().size())
                    .sum();
        }
        assertThat(excluded)
                .isPositive()
                .isEqualTo(feed.at("/data")
                        .valueStream()
                        .mapToInt(
                                event -> event.at("/recurrence/excluded_dates").size())
                        .sum());
    }

    @Test
    void eachNoteComesAsAFileOfMarkdownAndAsAPage() throws Exception {
        var poll = poll(JOHN, "'data_types': ['icloud_notes.notes'], 'formats': ['markdown', 'html']");

        var results = results(poll);
        var notes = feed(results, "icloud_notes.notes")
                .at("/data")
                .valueStream()
                .filter(record -> record.path("data_type").asString().equals("note"))
                .toList();
        assertThat(results).hasSize(2 * notes.size() + 1);
        for (var note : notes) {
            var text = Files.readString(
                    path(result(results, "form:markdown:" + note.path("id").asString())));
            assertThat(text).startsWith("---\n").contains(note.path("id").asString());
            assertThat(text).contains(note.path("markdown").asString("").strip());
            var form = result(results, "form:html:" + note.path("id").asString());
            assertThat(form.path("type").asString()).isEqualTo("html");
            var page = Files.readString(path(form));
            assertThat(page).contains(note.path("html").asString(""));
            assertThat(SafeHtml.body(SafeHtml.document(page)).getTextContent().strip())
                    .isEqualTo(SafeHtml.fragment(note.path("html").asString(""))
                            .getTextContent()
                            .strip());
        }
    }

    @Test
    void eachPhotoHasASidecarBesideItsFile() throws Exception {
        var poll =
                poll(JOHN, "'data_types': ['icpl.photos'], 'formats': ['xmp'], 'file_types': ['icpl.photos.original']");

        var results = results(poll);
        var photos = feed(results, "icpl.photos").at("/data");
        var ids = new HashMap<String, List<String>>();
        for (var photo : photos) {
            ids.computeIfAbsent(photo.at("/files/0/id").asString(), _ -> new ArrayList<>())
                    .add(photo.path("id").asString());
        }
        int published = 0;
        for (var file : ids.entrySet()) {
            var sidecar = path(result(results, "form:xmp:" + file.getKey()));
            if (results.containsKey("file:" + file.getKey())) {
                published++;
                var image = path(result(results, "file:" + file.getKey()));
                assertThat(sidecar).isEqualTo(image.resolveSibling(image.getFileName() + ".xmp"));
            }
            // Copies share a file.
            var packet = XMPMetaFactory.parseFromBuffer(Files.readAllBytes(sidecar));
            assertThat(file.getValue()).contains(packet.getPropertyString("https://ferry.invalid/ns/1.0/", "id"));
        }
        assertThat(ids.size()).isLessThan(photos.size());
        assertThat(published).isGreaterThan(ids.size() / 2);
        assertThat(results).hasSize(ids.size() + published + 1);
    }

    @Test
    void aFormIsInTheManifestAndHasItsSizeAndHashes() throws Exception {
        var poll = poll(JOHN, "'data_types': ['icloud_contacts.contacts'], 'formats': ['vcard']");
        var form = result(results(poll), "form:vcard:icloud_contacts.contacts");
        var bytes = Files.readAllBytes(path(form));

        assertThat(form.path("size").asLong()).isEqualTo(bytes.length);
        assertThat(form.path("checksum").asString()).isEqualTo(hex("MD5", bytes));
        assertThat(form.path("sha256").asString()).isEqualTo(hex("SHA-256", bytes));
        var id = poll.at("/id").asString();
        var shown = Eventually.get(
                () -> app.client().get("/polls/" + id).expect(200),
                p -> !p.path("manifest").isNull());
        var manifest = JSON.readTree(
                Files.readString(Path.of(shown.at("/manifest/url").asString().replace("local://", ""))));
        assertThat(manifest.at("/payload/formats/0").asString()).isEqualTo("vcard");
        assertThat(manifest.at("/objects")
                        .valueStream()
                        .map(object -> object.path("identifier").asString()))
                .containsExactlyInAnyOrder("data:icloud_contacts.contacts", "form:vcard:icloud_contacts.contacts");
    }

    @Test
    void whereObjectsAreEncryptedFormsAreAndTheirNamesTellNothing() throws Exception {
        var client = app.organisation("Sealed", Scopes.ALL).client();
        var keys = AgeKeys.generate();
        client.postAndAwait(
                        "/configs/storage",
                        "{'url': 'local://sealed/results', 'encryption': {'type': 'age', 'recipient': '"
                                + keys.recipient() + "'}}")
                .expect(201);
        Eventually.get(
                () -> client.get("/organisation").expect(200),
                own -> !own.path("storage_config_default").isNull());
        var poll = client.completedPoll(
                client.activeSession(JOHN),
                "'data_types': ['icloud_notes.notes', 'icpl.photos'], 'formats': ['markdown', 'xmp']");

        var results = results(client, poll);
        assertThat(results).hasSizeGreaterThan(10);
        for (var result : results.values()) {
            assertThat(result.path("encryption").asString()).isEqualTo("age");
            assertThat(path(result).getFileName().toString()).matches("1\\.json\\.age|form\\.(md|xmp)\\.age");
            assertThat(Files.readString(path(result), StandardCharsets.ISO_8859_1))
                    .startsWith("age-encryption.org/v1");
        }
    }

    @Test
    void aFormatThatNobodyKnowsOrThatNoTypeOffersIsRefused() {
        var session = session(JOHN);

        for (var payload : List.of(
                "'data_types': ['icloud_contacts.contacts'], 'formats': ['pdf']",
                "'data_types': ['icloud_contacts.contacts'], 'formats': ['vcard', 'xmp']",
                "'info_types': ['icloud.account'], 'formats': ['vcard']",
                "'data_types': ['icloud_contacts.contacts'], 'formats': 'vcard'")) {
            var refused = app.client()
                    .post("/polls", "{'session': '" + session + "', 'payload': {" + payload + "}}")
                    .expect(400);
            assertThat(refused.path("error").asString()).isEqualTo("invalid-parameter");
            assertThat(refused.at("/params").propertyNames().toString()).contains("formats");
        }
    }

    // ---- what the source sent

    @Test
    void theSourcesOwnRecordsAreBesideTheFeedWhereTheyAreWanted() throws Exception {
        var key = app.organisation("Raw", Scopes.ALL).client();
        key.storage("local://raw/results");
        key.post("/organisation", "{'config': {'publish_source_files': true}}").expect(200);
        var session = key.activeSession(JOHN);
        var catalogue = new ICloudConnector(
                        Outbound.open(EgressPolicy.of(List.of())), ICloudSettings.apple(), Clock.systemUTC())
                .catalogue();
        var poll = key.completedPoll(
                session,
                "'info_types': " + quoted(catalogue.infoTypes()) + ", 'data_types': " + quoted(catalogue.dataTypes()));

        assertThat(poll.at("/tasks_failed")).isEmpty();
        var results = results(key, poll);
        var feeds = new HashMap<String, String>();
        catalogue.infoTypes().forEach(type -> feeds.put(type, "info:" + type));
        catalogue.dataTypes().forEach(type -> feeds.put(type, "data:" + type));
        assertThat(results).hasSize(2 * feeds.size());
        for (var type : feeds.keySet()) {
            var raw = result(results, "raw:" + type);
            assertThat(raw.path("type").asString()).isEqualTo("jsonl");
            var text = Files.readString(path(raw));
            assertThat(text)
                    .as(type)
                    .doesNotContain("downloadURL")
                    .doesNotContain("wrappingKey")
                    .doesNotContain("albumlocation")
                    .doesNotContain("publicurl")
                    .doesNotContain("PAYMENT_METHOD")
                    .doesNotContain(app.sandbox().url())
                    .doesNotContain("/content/")
                    .doesNotContain("/co/photos/");
            var lines = text.lines().map(JSON::readTree).toList();
            assertThat(lines.stream().map(line -> line.path("id").asString()).toList())
                    .as(type)
                    .isEqualTo(JSON.readTree(
                                    Files.readString(path(result(results, Objects.requireNonNull(feeds.get(type))))))
                            .at("/data")
                            .valueStream()
                            .map(record -> record.path("id").asString())
                            .toList());
            assertThat(lines)
                    .as(type)
                    .isNotEmpty()
                    .allMatch(line -> !line.path("raw").isEmpty());
        }
        assertThat(firstRaw(results, "icpl.album_members")
                        .at("/fields/itemId/value")
                        .asString())
                .isNotEmpty();
        assertThat(firstRaw(results, "icpl.shared_albums").at("/albumguid").asString())
                .isNotEmpty();
        assertThat(firstRaw(results, "icloud.account").at("/appleId").asString())
                .isEqualTo(JOHN);
        assertThat(firstRaw(results, "icloud.devices").at("/osVersion").asString())
                .isNotEmpty();
        assertThat(firstRaw(results, "icloud_contacts.contacts")
                        .at("/contactId")
                        .asString())
                .isNotEmpty();

        var own = key.get("/key").text("/id");
        key.post("/keys/" + own, "{'config': {'publish_source_files': false}}").expect(200);
        var without = key.completedPoll(session, "'data_types': ['icloud_contacts.contacts']");
        assertThat(results(key, without)).hasSize(1);
    }

    private static JsonNode firstRaw(Map<String, JsonNode> results, String type) throws Exception {
        var raw = Files.readString(path(result(results, "raw:" + type)));
        return JSON.readTree(raw.lines().findFirst().orElseThrow()).path("raw");
    }

    private static String quoted(Set<String> words) {
        return "['" + String.join("', '", words) + "']";
    }

    // ---- files that hang on records

    @Test
    void whatIsWrongWithAContactsPhotoIsToldAndTheRestGoesOn() throws Exception {
        var account = "contact-photos@sandbox.example";
        var poll = poll(account, "'data_types': ['icloud_contacts.contacts'], 'file_types': ['icloud_contacts.photo']");

        assertThat(poll.at("/tasks_failed")).isEmpty();
        var results = results(poll);
        var feed = feed(results, "icloud_contacts.contacts");
        var files = feed.at("/data")
                .valueStream()
                .filter(record -> record.has("files"))
                .map(record -> record.at("/files/0/id").asString())
                .toList();
        assertThat(files).hasSize(12);
        // Of each seven one is gone, one comes as a page, one ends early, one has a byte turned over.
        assertThat(errors(poll))
                .containsExactlyInAnyOrderEntriesOf(Map.of("not-retrievable", 2L, "integrity-mismatch", 5L));
        assertThat(results).hasSize(1 + files.size() - 7);
        for (var file : files) {
            if (results.containsKey("file:" + file)) {
                var bytes = Files.readAllBytes(path(result(results, "file:" + file)));
                assertThat(bytes).startsWith(0xff, 0xd8).endsWith(0xff, 0xd9);
                assertThat(result(results, "file:" + file).path("type").asString())
                        .isEqualTo("jpg");
            }
        }
        assertThat(feed.at("/metadata/complete").asBoolean()).isFalse();
        assertThat(feed.at("/metadata/warnings/0/code").asString()).isEqualTo("files_refused");
    }

    @Test
    void aContactsPhotoCanBeAskedForLater() throws Exception {
        var feed = feed(results(poll(JOHN, "'data_types': ['icloud_contacts.contacts']")), "icloud_contacts.contacts");
        var file = feed.at("/data")
                .valueStream()
                .filter(record -> record.has("files"))
                .findFirst()
                .orElseThrow()
                .at("/files/0/id")
                .asString();

        var later = poll(JOHN, "'files': ['" + file + "']");

        assertThat(later.at("/errors/total_count").asInt()).isZero();
        var result = result(results(later), "file:" + file);
        assertThat(path(result)).hasFileName("photo.jpg");
        assertThat(Files.readAllBytes(path(result))).startsWith(0xff, 0xd8).endsWith(0xff, 0xd9);
    }

    @Test
    void attachmentsOfNotesArePublishedAndWhatIsWrongWithThemIsTold() throws Exception {
        var account = "note-attachments@sandbox.example";
        var poll = poll(account, "'data_types': ['icloud_notes.notes'], 'file_types': ['icloud_notes.attachment']");

        assertThat(poll.at("/tasks_failed")).isEmpty();
        var results = results(poll);
        var feed = feed(results, "icloud_notes.notes");
        assertThat(new FeedSchemas(app.url()).errors("icloud_notes.notes", feed))
                .isEmpty();
        var attachments = feed.at("/data")
                .valueStream()
                .flatMap(record -> record.path("attachments").valueStream())
                .filter(attachment -> attachment.has("file_id"))
                .toList();
        assertThat(attachments).hasSizeGreaterThanOrEqualTo(7);
        long published = 0;
        for (var attachment : attachments) {
            var identifier = "file:" + attachment.path("file_id").asString();
            if (results.containsKey(identifier)) {
                var result = result(results, identifier);
                published++;
                assertThat(result.path("size").asLong())
                        .isEqualTo(attachment.path("size").asLong());
            }
        }
        var errors = errors(poll);
        assertThat(errors.keySet()).containsExactlyInAnyOrder("not-retrievable", "integrity-mismatch");
        assertThat(published)
                .isEqualTo(attachments.size()
                        - errors.values().stream().mapToLong(n -> n).sum())
                .isPositive();
        assertThat(attachments.stream().map(a -> a.path("variant").asString()).distinct())
                .containsExactlyInAnyOrder("original", "preview");

        var one = attachments.getFirst().path("file_id").asString();
        var later = poll(account, "'files': ['" + one + "']");
        assertThat(later.at("/errors/total_count").asInt()).isZero();
        assertThat(Files.readAllBytes(path(result(results(later), "file:" + one))))
                .isEqualTo(Files.readAllBytes(path(result(results, "file:" + one))));
    }

    @Test
    void attachmentsOfRemindersArePublishedAndWhatIsWrongWithThemIsTold() throws Exception {
        var account = "reminder-attachments@sandbox.example";
        var poll = poll(
                account, "'data_types': ['icloud_reminders.reminders'], 'file_types': ['icloud_reminders.attachment']");

        assertThat(poll.at("/tasks_failed")).isEmpty();
        var results = results(poll);
        var feed = feed(results, "icloud_reminders.reminders");
        assertThat(new FeedSchemas(app.url()).errors("icloud_reminders.reminders", feed))
                .isEmpty();
        var attachments = feed.at("/data")
                .valueStream()
                .flatMap(record -> record.path("attachments").valueStream())
                .toList();
        // Each reminder with a picture has a link too, which is no file.
        var files = attachments.stream().filter(it -> it.has("file_id")).toList();
        assertThat(files).hasSize(attachments.size() / 2).hasSize(15);
        var published = new ArrayList<JsonNode>();
        for (var file : files) {
            var identifier = "file:" + file.path("file_id").asString();
            if (results.containsKey(identifier)) {
                var result = result(results, identifier);
                published.add(file);
                assertThat(result.path("size").asLong())
                        .isEqualTo(file.path("size").asLong())
                        .isEqualTo(Files.size(path(result)));
                assertThat(path(result)).hasFileName("picture.jpg");
            }
        }
        // Of each seven one is gone, one comes as a page, one ends early, one has a byte turned over; the
        // thirteenth lies in a deleted reminder. Of each seven one has a signature that nobody knows: its length alone
        // proves it.
        assertThat(errors(poll))
                .containsExactlyInAnyOrderEntriesOf(Map.of("not-retrievable", 3L, "integrity-mismatch", 5L));
        assertThat(published).hasSize(files.size() - 8);
        assertThat(results).hasSize(1 + published.size());
        assertThat(feed.at("/metadata/complete").asBoolean()).isFalse();

        var one = published.getFirst().path("file_id").asString();
        var later = poll(account, "'files': ['" + one + "']");
        assertThat(later.at("/errors/total_count").asInt()).isZero();
        assertThat(Files.readAllBytes(path(result(results(later), "file:" + one))))
                .isEqualTo(Files.readAllBytes(path(result(results, "file:" + one))));
    }

    // ---- reading

    private String session(String account) {
        return sessions.computeIfAbsent(account, app.client()::activeSession);
    }

    private JsonNode poll(String account, String payload) {
        return app.client().completedPoll(session(account), payload);
    }

    private Map<String, JsonNode> results(JsonNode poll) {
        return results(app.client(), poll);
    }

    private static Map<String, JsonNode> results(Client client, JsonNode poll) {
        return client.get("/polls/" + poll.at("/id").asString() + "/results?limit=1000")
                .expect(200)
                .at("/data")
                .valueStream()
                .collect(Collectors.toMap(result -> result.path("identifier").asString(), result -> result));
    }

    private static JsonNode result(Map<String, JsonNode> results, String identifier) {
        var result = results.get(identifier);
        if (result == null) {
            throw new AssertionError("no result " + identifier);
        }
        return result;
    }

    private static Map<String, Long> errors(JsonNode poll) {
        return poll.at("/errors/data")
                .valueStream()
                .collect(Collectors.groupingBy(error -> error.path("error").asString(), Collectors.counting()));
    }

    private static JsonNode feed(Map<String, JsonNode> results, String type) throws Exception {
        return JSON.readTree(Files.readString(path(result(results, "data:" + type))));
    }

    private static Path path(JsonNode result) {
        return Path.of(result.path("url").asString().replace("local://", ""));
    }

    private static String hex(String algorithm, byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
    }
}
