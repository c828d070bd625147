package ferry.sandbox.photos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class LibrarySpeedTest {
    private static final int PHOTOS = 100_000;
    private static final Pattern ASSET = Pattern.compile("\"recordType\":\"CPLAsset\"");

    /// The figure it prints is what `bench/` quotes; the bound is far below it, for a busy machine.
    @Test
    void aHundredThousandPhotosAreListedPageByPageInOneThread() throws Exception {
        var cloud = TestCloud.of(3, PHOTOS);
        cloud.page(TestCloud.LIBRARY, 0, "ASCENDING");
        long began = System.nanoTime();
        int assets = 0;
        long bytes = 0;
        for (int rank = 0; rank < PHOTOS; rank += 100) {
            var answer = cloud.query(TestCloud.LIBRARY, TestCloud.rank(rank), ", 'resultsLimit': 200");
            bytes += answer.bytes().length;
            assets += (int) ASSET.matcher(new String(answer.bytes(), StandardCharsets.UTF_8))
                    .results()
                    .count();
        }
        double seconds = (System.nanoTime() - began) / 1e9;
        System.out.printf("listed %d assets, %.0f/s, %d KB a page%n", assets, assets / seconds, bytes / 1024_000);
        assertThat(assets).isGreaterThan(98_000);
        assertThat(assets / seconds).isGreaterThan(5_000);
    }

    @Test
    void everyMasterOfAHugeLibraryIsFoundByName() {
        var library = TestCloud.of(3, PHOTOS).library();
        for (int serial = 0; serial < PHOTOS; serial += 997) {
            var photo = library.photo(serial);
            assertThat(library.byMaster(Records.masterName(photo)).orElseThrow().serial())
                    .isEqualTo(photo.master());
            assertThat(library.byAsset(photo.assetName()).orElseThrow().serial())
                    .isEqualTo(serial);
        }
    }

    @Test
    void aHugeLibraryHasEveryKindAndEveryOddityPeopleHave() {
        var library = TestCloud.of(3, PHOTOS).library();
        var shots = new HashSet<Shot>();
        var oddities = new HashSet<Oddity>();
        for (int serial = 0; serial < PHOTOS; serial++) {
            shots.add(library.photo(serial).shot());
            oddities.addAll(library.photo(serial).pick().oddities());
        }
        assertThat(shots).containsExactlyInAnyOrder(Shot.values());
        var owners = Set.of(Oddity.values()).stream().filter(one -> one.compareTo(Oddity.NO_ADDRESS) <= 0);
        assertThat(oddities).containsAll(owners.toList());
    }
}
