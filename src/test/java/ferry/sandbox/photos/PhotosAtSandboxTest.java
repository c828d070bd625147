package ferry.sandbox.photos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.ConnectorException;
import ferry.connector.FileRef;
import ferry.connector.Window;
import ferry.connector.icloud.contacts.Contacts;
import ferry.connector.icloud.drive.Drive;
import ferry.connector.icloud.notes.Notes;
import ferry.connector.icloud.photos.Photos;
import ferry.connector.icloud.web.KeptFeed;
import ferry.error.ErrorCode;
import ferry.sandbox.SignedIn;
import java.net.BindException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

/// The real connector reads the photos and files of the named accounts. Time passes where it waits.
class PhotosAtSandboxTest {
    private static final String ORIGINAL = "icpl.photos.original";

    private final SignedIn there = new SignedIn();

    PhotosAtSandboxTest() throws BindException {}

    @AfterEach
    void stop() {
        there.close();
    }

    private PhotoLibrary library(String name) {
        return there.sandbox.photos().of(there.account(name));
    }

    private KeptFeed read(String name, String... files) throws Exception {
        var feed = new KeptFeed(files);
        there.connector.data(there.reading(name), Photos.PHOTOS, Window.ALL, feed);
        assertThat(feed.schemaErrors(Photos.PHOTOS)).isEmpty();
        return feed;
    }

    private static FileRef original(Photo photo) {
        return new FileRef(ORIGINAL, "o:" + Records.masterName(photo));
    }

    private static List<Photo> photos(PhotoLibrary library) {
        return IntStream.range(0, library.total()).mapToObj(library::photo).toList();
    }

    @Test
    void originalsThatNeverComeAreNamedAndTheRestIsPublished() throws Exception {
        var feed = read("undelivered", ORIGINAL);

        var never = photos(library("undelivered")).stream()
                .filter(photo -> photo.has(Oddity.UNDELIVERED) && !photo.has(Oddity.NO_ADDRESS))
                .map(photo -> original(photo).locator())
                .collect(Collectors.toSet());
        assertThat(never).hasSizeGreaterThan(80);
        assertThat(feed.refusals.stream()
                        .filter(refusal -> refusal.endsWith(" service-unavailable") || refusal.endsWith(" throttled"))
                        .map(refusal -> refusal.substring(0, refusal.indexOf(' '))))
                .containsExactlyInAnyOrderElementsOf(never);
        assertThat(feed.ids()).hasSize(240);
        assertThat(feed.published).hasSizeGreaterThan(100);
    }

    /// A reading that goes on from another.
    private KeptFeed readOn(String name, KeptFeed before) throws Exception {
        var feed = new KeptFeed();
        feed.from = before.reached;
        there.connector.data(there.reading(name), Photos.PHOTOS, Window.ALL, feed);
        assertThat(feed.schemaErrors(Photos.PHOTOS)).isEmpty();
        return feed;
    }

    private static boolean isAvailable(ObjectNode photo) {
        return photo.path("files")
                .valueStream()
                .filter(file -> file.path("variant").asString().equals("original"))
                .allMatch(file -> file.path("available").booleanValue());
    }

    @Test
    void anOriginalThatArrivesLaterIsToldToAReaderThatGoesOn() throws Exception {
        var library = library("john.appleseed");
        int late = library.withoutOriginals().getFirst();
        var id = "photo:" + library.assetName(late);
        var first = read("john.appleseed");
        assertThat(isAvailable(first.item(id))).isFalse();
        var nothing = readOn("john.appleseed", first);
        assertThat(nothing.items).isEmpty();
        assertThat(nothing.reached).isEqualTo(first.reached);

        library.upload(late);
        var second = readOn("john.appleseed", nothing);

        assertThat(second.ids()).containsExactly(id);
        assertThat(isAvailable(second.item(id))).isTrue();
        assertThat(second.warnings).isEmpty();
        assertThat(readOn("john.appleseed", second).items).isEmpty();
    }

    /// An unchanged library is asked for nothing more; with its next change it is.
    @Test
    void anAddressThatAListingLackedIsToldOnceSomethingChanges() throws Exception {
        var first = read("missing-files");
        var lacking = photos(library("missing-files")).stream()
                .filter(photo -> photo.has(Oddity.ADDRESS_LATER) && !photo.has(Oddity.NO_ADDRESS))
                .map(photo -> "photo:" + photo.assetName())
                .toList();
        assertThat(lacking)
                .isNotEmpty()
                .allSatisfy(id -> assertThat(isAvailable(first.item(id))).isFalse());

        assertThat(readOn("missing-files", first).items).isEmpty();
        int other = IntStream.range(0, 40)
                .filter(serial ->
                        !lacking.contains("photo:" + library("missing-files").assetName(serial)))
                .findFirst()
                .orElseThrow();
        library("missing-files").favour(other);
        var second = readOn("missing-files", first);

        assertThat(second.ids())
                .containsAll(lacking)
                .hasSize(lacking.size() + 1)
                .contains("photo:" + library("missing-files").assetName(other));
        assertThat(second.items.stream()
                        .filter(item -> lacking.contains(item.path("id").asString())))
                .allMatch(PhotosAtSandboxTest::isAvailable);
        assertThat(readOn("missing-files", second).items).isEmpty();
    }

    @Test
    void anAnswerThatIsAnErrorIsNoForgottenCursor() throws Exception {
        var first = read("plain");
        library("plain").favour(3);
        order("""
                {"account": "plain@sandbox.example", "path": "changes/zone", "status": 200,
                 "body": "{\\"zones\\": [{\\"serverErrorCode\\": \\"INTERNAL_ERROR\\"}]}"}
                """);

        assertThatThrownBy(() -> readOn("plain", first)).isInstanceOf(ConnectorException.Unavailable.class);
        var second = readOn("plain", first);

        assertThat(second.startedOver).isFalse();
        assertThat(second.ids()).containsExactly("photo:" + library("plain").assetName(3));
        library("plain").forgetTokens();
        assertThat(readOn("plain", first).startedOver).isTrue();
    }

    private void order(String fault) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(there.sandbox.controlUrl() + "/faults"))
                .POST(HttpRequest.BodyPublishers.ofString(fault))
                .build();
        try (var client = HttpClient.newHttpClient()) {
            assertThat(client.send(request, HttpResponse.BodyHandlers.discarding())
                            .statusCode())
                    .isEqualTo(201);
        }
    }

    @Test
    void ciphertextIsReadOnceTheOwnerAgreed() throws Exception {
        var waits = 0;
        while (true) {
            try {
                var feed = read("adp-ciphertext");
                assertThat(feed.complete).isTrue();
                assertThat(feed.items)
                        .hasSize(24)
                        .filteredOn(photo -> photo.path("filename").asString().startsWith("IMG_"))
                        .hasSizeGreaterThan(15);
                break;
            } catch (ConnectorException.Unavailable e) {
                assertThat(e.code()).isEqualTo(ErrorCode.CONSENT_REQUIRED);
                assertThat(++waits).isLessThan(10);
                there.clock.advance(e.retryAfter());
            }
        }
        assertThat(waits).isPositive();
        assertThat(there.asked("adp-ciphertext", "/enableDeviceConsentForPCS")).isEqualTo(1);
    }

    @Test
    void aSharedLibraryThatIsNotReadyDoesNotKeepBackTheOwn() throws Exception {
        var feed = read("shared-indexing");

        assertThat(feed.items)
                .hasSize(48)
                .allMatch(photo -> photo.path("library").asString().equals("personal"));
        assertThat(feed.complete).isFalse();
        assertThat(feed.sentences).containsKey("library_unavailable");
        assertThat(feed.reached).isEmpty();
    }

    @Test
    void albumsThatComeAsNoneOnceAreAllThere() throws Exception {
        var first = there.read("empty-pages", Photos.ALBUMS);

        assertThat(first.ids())
                .hasSizeGreaterThan(5)
                .isEqualTo(there.read("empty-pages", Photos.ALBUMS).ids());
        assertThat(first.complete).isTrue();
    }

    /// The first file of that type that is not empty.
    private FileRef file(String name, String dataType, String fileType) throws Exception {
        return there.read(name, dataType).items.stream()
                .flatMap(item -> item.path("files").valueStream())
                .filter(file -> file.path("size").asLong(1) > 0)
                .map(file -> KeptFeed.ref(file.path("id").asString()))
                .filter(ref -> ref.fileType().equals(fileType))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void r15FilesOfAServiceThatTheAccountLacksAreNamedAndTheOthersCome() throws Exception {
        var photo = file("not-activated", Contacts.CONTACTS, Contacts.PHOTO);
        var feed = new KeptFeed();

        there.connector.files(
                there.reading("not-activated"),
                List.of(new FileRef(ORIGINAL, "o:one"), new FileRef(Notes.ATTACHMENT, "two"), photo),
                feed);

        assertThat(feed.published).containsOnlyKeys(photo);
        assertThat(feed.refusals).containsExactlyInAnyOrder("o:one not-activated", "two not-activated");
    }

    @Test
    void r15FilesThatWaitForConsentHoldUpNoOthers() throws Exception {
        var photo = file("adp-no-consent", Contacts.CONTACTS, Contacts.PHOTO);
        var feed = new KeptFeed();

        assertThatThrownBy(() -> there.connector.files(
                        there.reading("adp-no-consent"),
                        List.of(new FileRef(Drive.FILE, "-/one"), new FileRef(ORIGINAL, "o:two"), photo),
                        feed))
                .isInstanceOfSatisfying(
                        ConnectorException.Unavailable.class,
                        wait -> assertThat(wait.code()).isEqualTo(ErrorCode.CONSENT_REQUIRED));

        assertThat(feed.published).containsOnlyKeys(photo);
        assertThat(feed.refusals).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "icloud_notes.notes, icloud_notes.attachment",
        "icloud_contacts.contacts, icloud_contacts.photo",
        "icpl.photos, icpl.photos.original"
    })
    void r18NoAddressIsUsedThatIsOlderThanTwentyMinutes(String dataType, String fileType) throws Exception {
        var feed = new KeptFeed(fileType) {
            @Override
            public void item(ObjectNode node) {
                if (items.isEmpty()) {
                    there.clock.advance(Duration.ofMinutes(61));
                }
                super.item(node);
            }
        };

        there.connector.data(there.reading("john.appleseed"), dataType, Window.ALL, feed);

        assertThat(feed.published).isNotEmpty();
        assertThat(there.sandbox.journal().count(entry -> entry.status() == 410 || entry.status() == 403))
                .isZero();
    }

    @Test
    void aFilmComesOverALineThatBreaksAgainAndAgain() throws Exception {
        var library = library("breaking-line");
        int film = library.addFilm(3 << 20);

        var feed = read("breaking-line", ORIGINAL);

        assertThat(feed.published.get(original(library.photo(film)))).hasSize(3 << 20);
        assertThat(feed.refusals).noneMatch(refusal -> refusal.endsWith("service-unavailable"));
    }
}
