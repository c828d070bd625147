package ferry.sandbox.photos;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.Window;
import ferry.connector.icloud.photos.Photos;
import ferry.connector.icloud.web.KeptFeed;
import ferry.sandbox.SignedIn;
import java.net.BindException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/// The real connector reads the albums of the named accounts, who is in them, and the bursts.
class AlbumMembersAtSandboxTest {
    private final SignedIn there = new SignedIn();

    AlbumMembersAtSandboxTest() throws BindException {}

    @AfterEach
    void stop() {
        there.close();
    }

    private PhotoLibrary library(String name) {
        return there.sandbox.photos().of(there.account(name));
    }

    private static Set<String> memberships(List<ObjectNode> members) {
        return members.stream()
                .map(member -> member.path("album_id").asString().substring("album:".length())
                        + "/"
                        + member.path("photo_id").asString().substring("photo:".length()))
                .collect(Collectors.toSet());
    }

    private static List<ObjectNode> named(KeptFeed albums, String title) {
        return albums.items.stream()
                .filter(album -> album.path("title").asString("").equals(title))
                .toList();
    }

    @Test
    void everyMembershipComesOnce() throws Exception {
        var feed = there.read("john.appleseed", Photos.ALBUM_MEMBERS);

        assertThat(memberships(feed.items)).isEqualTo(library("john.appleseed").memberships());
        assertThat(feed.ids()).doesNotHaveDuplicates().hasSizeGreaterThan(20);
        assertThat(feed.complete).isTrue();
        assertThat(feed.warnings).isEmpty();
        var photos = there.read("john.appleseed", Photos.PHOTOS).ids();
        var albums = there.read("john.appleseed", Photos.ALBUMS).ids();
        assertThat(feed.items).allSatisfy(member -> {
            assertThat(photos).contains(member.path("photo_id").asString());
            assertThat(albums).contains(member.path("album_id").asString());
        });
    }

    @Test
    void foldersLieInFoldersAndNamesRepeat() throws Exception {
        var feed = there.read("plain", Photos.ALBUMS);

        var years = named(feed, "Years").getFirst();
        assertThat(years.path("kind").asString()).isEqualTo("folder");
        assertThat(years.path("parent_id").isNull()).isTrue();
        assertThat(named(feed, "Holidays"))
                .hasSize(4)
                .extracting(a -> a.path("kind").asString())
                .containsOnlyOnce("folder");
        var within = named(feed, "Holidays").stream()
                .filter(album -> album.path("kind").asString().equals("folder"))
                .findFirst()
                .orElseThrow();
        assertThat(within.path("parent_id")).isEqualTo(years.path("id"));
        assertThat(named(feed, "Holidays"))
                .filteredOn(album -> album.path("parent_id").equals(within.path("id")))
                .hasSize(1);
        assertThat(named(feed, "Cafe\u0301 / e\u0301te\u0301 2025"))
                .as("as its owner wrote it")
                .hasSize(1);
        assertThat(named(feed, "Sharp ones").getFirst().path("kind").asString()).isEqualTo("smart");
        assertThat(named(feed, "Old receipts")).as("deleted").isEmpty();
    }

    @Test
    void manyAlbumsCostARequestEachAndFewMore() throws Exception {
        var feed = there.read("many-albums", Photos.ALBUM_MEMBERS);

        assertThat(memberships(feed.items)).isEqualTo(library("many-albums").memberships());
        assertThat(feed.items).hasSizeGreaterThan(4_000);
        // Three hundred albums, six folders and the root; counts of 25 at once.
        assertThat(there.asked("many-albums", "/records/query")).isEqualTo(307);
        assertThat(there.asked("many-albums", "/records/query/batch")).isEqualTo(12);
    }

    @Test
    void longAlbumsAreReadToTheirEnd() throws Exception {
        var feed = there.read("empty-pages", Photos.ALBUM_MEMBERS);
        assertThat(memberships(feed.items)).isEqualTo(library("empty-pages").memberships());
        assertThat(feed.items)
                .filteredOn(member -> member.path("album_id")
                        .asString()
                        .endsWith(library("empty-pages").albumsNamed("2024").getFirst()))
                .hasSizeGreaterThan(30);
    }

    @Test
    void whatIsPutIntoAnAlbumAndTakenOutIsSeenNextTime() throws Exception {
        var before = there.read("plain", Photos.ALBUM_MEMBERS);
        var album = library("plain").albumsNamed("To sort").getFirst();
        library("plain").move(3, album, true);
        var after = there.read("plain", Photos.ALBUM_MEMBERS);
        assertThat(after.ids())
                .containsAll(before.ids())
                .contains("album_member:" + album + "/" + library("plain").assetName(3));
        library("plain").move(3, album, false);
        assertThat(there.read("plain", Photos.ALBUM_MEMBERS).ids()).isEqualTo(before.ids());
    }

    @Test
    void onlyMembershipsOfTheWindowCome() throws Exception {
        var all = there.read("plain", Photos.ALBUM_MEMBERS);
        var dates = all.items.stream()
                .map(member -> Instant.parse(member.path("date_added").asString()))
                .sorted()
                .toList();
        var since = dates.get(dates.size() / 2);
        var some = there.read("plain", Photos.ALBUM_MEMBERS, new Window(Optional.of(since), Optional.empty()));
        assertThat((long) some.items.size())
                .isEqualTo(dates.stream().filter(date -> !date.isBefore(since)).count());
    }

    @Test
    void everyFrameOfABurstIsThereAndOneStandsForIt() throws Exception {
        var feed = there.read("john.appleseed", Photos.PHOTOS);

        var frames = feed.items.stream()
                .filter(photo -> photo.path("burst").isObject())
                .filter(photo -> photo.path("library").asString().equals("personal"))
                .collect(Collectors.groupingBy(photo -> photo.at("/burst/id").asString()));
        assertThat(frames).isNotEmpty().allSatisfy((_, burst) -> {
            assertThat(burst).hasSize(3);
            assertThat(burst)
                    .filteredOn(photo -> photo.at("/burst/pick").asBoolean())
                    .hasSize(1);
        });
        assertThat(feed.items.stream()
                        .filter(photo -> photo.path("library").asString().equals("personal")))
                .hasSize(48);
        assertThat(feed.complete).isTrue();
        assertThat(feed.warnings).doesNotContain("count_deviates");
    }
}
