package ferry.sandbox.photos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class HugeLibraryTest {
    private static final int PHOTOS = 100_000;
    private static final Pattern ASSET = Pattern.compile("\"recordType\":\"CPLAsset\"");

    @Test
    void aHundredThousandPhotosAreListedPageByPage() throws Exception {
        var cloud = TestCloud.of(3, PHOTOS);
        int assets = 0;
        for (int rank = 0; rank < PHOTOS; rank += 100) {
            var answer = cloud.query(TestCloud.LIBRARY, TestCloud.rank(rank), ", 'resultsLimit': 200");
            assets += (int) ASSET.matcher(new String(answer.bytes(), StandardCharsets.UTF_8))
                    .results()
                    .count();
        }
        assertThat(assets).isGreaterThan(98_000);
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
