package ferry.sandbox.photos;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.FileRef;
import ferry.connector.Window;
import ferry.connector.icloud.photos.Photos;
import ferry.connector.icloud.web.KeptFeed;
import ferry.sandbox.SignedIn;
import java.net.BindException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

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
        return IntStream.range(0, library.total())
                .mapToObj(library::photo)
                .toList();
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

    @Test
    void aFilmComesOverALineThatBreaksAgainAndAgain() throws Exception {
        var library = library("breaking-line");
        int film = library.addFilm(3 << 20);

        var feed = read("breaking-line", ORIGINAL);

        assertThat(feed.published.get(original(library.photo(film)))).hasSize(3 << 20);
        assertThat(feed.refusals).noneMatch(refusal -> refusal.endsWith("service-unavailable"));
    }
}
