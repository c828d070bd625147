package ferry.sandbox.sharedalbums;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.ConnectorException.Refused;
import ferry.connector.FileRef;
import ferry.connector.Target;
import ferry.connector.Window;
import ferry.connector.icloud.sharedalbums.SharedAlbums;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.KeptFeed;
import ferry.error.ErrorCode;
import ferry.sandbox.SignedIn;
import java.net.BindException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/// The real connector reads the shared albums of the named accounts; and what the simulator itself answers.
class SharedAlbumsAtSandboxTest {
    private static final String ORIGINAL = "icpl.shared_albums.original";

    private final SignedIn there = new SignedIn();

    SharedAlbumsAtSandboxTest() throws BindException {}

    @AfterEach
    void stop() {
        there.close();
    }

    private KeptFeed read(String name) throws Exception {
        return there.read(name, SharedAlbums.ALBUMS);
    }

    private KeptFeed readWithFiles(String name, KeptFeed feed) throws Exception {
        feed.wanted.add(ORIGINAL);
        there.connector.data(there.reading(name), SharedAlbums.ALBUMS, Window.ALL, feed);
        return feed;
    }

    private List<SharedAlbum> albums(String name) {
        return there.sandbox.sharedAlbums().of(there.account(name));
    }

    private static List<ObjectNode> photosOf(KeptFeed feed, SharedAlbum album) {
        return feed.kind("shared_photo").stream()
                .filter(photo -> photo.path("album_id").asString().equals("shared_album:" + album.guid()))
                .toList();
    }

    @Test
    void albumsOfOnesOwnAndOthersComeWithTheirPhotos() throws Exception {
        var feed = read("plain");

        assertThat(feed.kind("shared_album"))
                .extracting(album -> album.path("title").asString())
                .containsExactly("Trip to Lisbon", "Cafe\u0301 / e\u0301te\u0301", "Nothing yet", "Trip to Lisbon");
        assertThat(feed.kind("shared_album"))
                .extracting(album -> album.path("is_own").asBoolean())
                .containsExactly(true, true, true, false);
        for (var album : albums("plain")) {
            var size = album.photos().size();
            assertThat(photosOf(feed, album)).hasSize(size);
            assertThat(feed.item("shared_album:" + album.guid()).path("count").asInt())
                    .isEqualTo(size);
        }
        assertThat(feed.ids()).doesNotHaveDuplicates();
        assertThat(feed.kind("shared_photo")).allSatisfy(photo -> {
            assertThat(photo.has("library")).isFalse();
            assertThat(photo.path("filename").asString()).isNotEmpty();
        });
        assertThat(feed.complete).isTrue();
        assertThat(feed.warnings).isEmpty();
    }

    @Test
    void theirFilesArePublishedUnderTypesOfTheirOwn() throws Exception {
        var feed = readWithFiles("plain", new KeptFeed());

        assertThat(feed.published)
                .hasSameSizeAs(feed.kind("shared_photo"))
                .allSatisfy((ref, bytes) -> assertThat(bytes).isNotEmpty());
        assertThat(feed.integrity.values()).containsOnly(Target.Integrity.SIGNATURE);
        assertThat(feed.refusals).isEmpty();
    }

    @Test
    void aFileIsFetchedByReferenceInAnotherSession() throws Exception {
        var listed = read("plain");
        var ref = KeptFeed.ref(
                listed.kind("shared_photo").getLast().at("/files/0/id").asString());
        var gone = new FileRef(ORIGINAL, albums("plain").getFirst().guid() + "/o:nothing");
        var elsewhere = new FileRef(ORIGINAL, "NO-SUCH-ALBUM/o:nothing");
        var feed = new KeptFeed();

        there.connector.files(there.newSession("plain"), List.of(ref, gone, elsewhere), feed);

        assertThat(feed.published).containsOnlyKeys(ref);
        assertThat(feed.refusals)
                .containsExactlyInAnyOrder(
                        gone.locator() + " not-retrievable", elsewhere.locator() + " not-retrievable");
    }

    @Test
    void aLargeAlbumIsReadPageByPage() throws Exception {
        var feed = read("shared-albums-large");

        var large = albums("shared-albums-large").getFirst();
        assertThat(photosOf(feed, large)).hasSize(large.photos().size()).hasSizeGreaterThan(400);
        assertThat(feed.complete).isTrue();
        // A page for each hundred and the end, in two albums; and counts.
        assertThat(there.asked("shared-albums-large", "/webgetassets")).isLessThanOrEqualTo(5 + 1 + 2 + 1);
        assertThat(there.asked("shared-albums-large", "/webgetassetcount")).isEqualTo(4);
    }

    @Test
    void whatIsOddIsReadOrNamed() throws Exception {
        var feed = readWithFiles("shared-albums-odd", new KeptFeed());

        assertThat(feed.schemaErrors(SharedAlbums.ALBUMS)).isEmpty();
        var plain = albums("shared-albums-odd").get(0);
        var gone = albums("shared-albums-odd").get(1);
        var entry = feed.item("shared_album:" + plain.guid());
        assertThat(entry.path("date_created").asString()).isEqualTo("2024-05-06T07:08:09.000Z");
        assertThat(entry.path("allows_contributions").asBoolean()).isTrue();
        assertThat(entry.path("is_public").asBoolean(true)).isFalse();
        assertThat(photosOf(feed, plain))
                .hasSize(plain.photos().size())
                .allSatisfy(
                        photo -> assertThat(photo.at("/files/0/size").isNull()).isTrue());
        assertThat(feed.published.keySet())
                .as("files of unknown size are known by their signature")
                .filteredOn(ref -> ref.locator().startsWith(plain.guid()))
                .hasSizeGreaterThan(plain.photos().size() - 4);
        assertThat(feed.refusals)
                .contains("shared_album:" + gone.guid() + " not-retrievable")
                .anyMatch(refusal -> refusal.endsWith(" integrity-mismatch"));
        assertThat(feed.complete).isFalse();
    }

    @Test
    void nobodySharesAnything() throws Exception {
        var feed = read("shared-albums-none");
        assertThat(feed.items).isEmpty();
        assertThat(feed.complete).isTrue();
    }

    @Test
    void onlyPhotosThatWerePutThereInTheWindowCome() throws Exception {
        var first = albums("plain").getFirst().photos().library();
        var since = there.clock.instant();
        there.clock.advance(Duration.ofMinutes(5));
        var added = first.assetName(first.addPhoto());

        var feed = there.read("plain", SharedAlbums.ALBUMS, new Window(Optional.of(since), Optional.empty()));

        assertThat(feed.kind("shared_photo"))
                .extracting(photo -> photo.path("id").asString())
                .singleElement()
                .asString()
                .endsWith(added);
        assertThat(feed.kind("shared_album")).hasSize(4);
    }

    @Test
    void aPhotoThatIsAddedMeanwhileIsNotMissed() throws Exception {
        var library = albums("shared-albums-large").getLast().photos().library();
        var before = albums("shared-albums-large").getLast().photos().size();
        var guid = albums("shared-albums-large").getLast().guid();
        var once = new ArrayList<String>();
        var feed = new KeptFeed() {
            @Override
            public void item(ObjectNode node) {
                super.item(node);
                if (once.isEmpty() && node.path("id").asString().startsWith("shared_photo:" + guid)) {
                    once.add(library.assetName(library.addPhoto()));
                }
            }
        };

        there.connector.data(there.reading("shared-albums-large"), SharedAlbums.ALBUMS, Window.ALL, feed);

        assertThat(photosOf(feed, albums("shared-albums-large").getLast()))
                .hasSize(before + 1)
                .anyMatch(photo -> photo.path("id").asString().endsWith(once.getFirst()));
        assertThat(feed.ids()).doesNotHaveDuplicates();
        assertThat(feed.complete).isTrue();
    }

    @Test
    void r18AnAddressThatIsTooOldIsReadAnew() throws Exception {
        var feed = readWithFiles("plain", new KeptFeed() {
            @Override
            public void item(ObjectNode node) {
                super.item(node);
                if (kind("shared_photo").size() == 2) {
                    there.clock.advance(Duration.ofMinutes(21));
                }
            }
        });

        assertThat(feed.published).hasSameSizeAs(feed.kind("shared_photo"));
        // Two pages for each album but the empty one, and one for each file whose address had become too old.
        assertThat(there.asked("plain", "/webgetassets")).isGreaterThan(7 + 5);
        assertThat(there.sandbox.journal().count(entry -> entry.status() == 410))
                .isZero();
    }

    // ---- the simulator itself

    @Test
    void anAlbumIsAskedForAtItsOwnersAddressAndInText() throws Exception {
        var calls = there.calls("plain");
        var own = "/" + calls.number() + "/sharedstreams/";
        var joined = albums("plain").getLast();
        var theirs = "/" + joined.owner() + "/sharedstreams/";
        var ask = Json.object().put("albumguid", joined.guid());

        assertThat(calls.postAt("sharedstreams", theirs + "webgetassetcount", Map.of(), ask)
                        .path("albumassetcount")
                        .asInt())
                .isEqualTo(joined.photos().size());
        for (var refused : List.of(own + "webgetassetcount", theirs + "webgetalbumslist", theirs + "webgetassets")) {
            assertThatThrownBy(() -> calls.postAt(
                            "sharedstreams", refused, Map.of(), ask.deepCopy().put("offset", 0)))
                    .isInstanceOf(Refused.class);
        }
    }

    @Test
    void anAddressOutsideTheSourcesOwnIsNotFollowed() throws Exception {
        var calls = there.calls("plain");
        assertThatThrownBy(() -> calls.postAt(
                        "sharedstreams", "https://elsewhere.example/1/sharedstreams/x", Map.of(), Json.object()))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SERVICE_UNAVAILABLE));
    }
}
