package ferry.sandbox.photos;

import static ferry.sandbox.photos.TestCloud.LIBRARY;
import static ferry.sandbox.photos.TestCloud.typed;
import static ferry.sandbox.photos.TestCloud.value;
import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.LibraryQuirk;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ContentHostTest {
    @Test
    void everyFileHasTheSizeAndSignatureItsRecordSays() throws Exception {
        var cloud = TestCloud.of(2, 60);
        var names = new HashSet<String>();
        for (var resource : resources(cloud.all(LIBRARY))) {
            var url = resource.path("downloadURL").asString("");
            if (url.isEmpty()) {
                continue;
            }
            var file = cloud.download(url);
            assertThat(file.status).isEqualTo(200);
            assertThat(file.announced()).isEqualTo(resource.path("size").asLong());
            assertThat(file.bytes().length).isEqualTo(resource.path("size").asLong());
            var checksum = resource.path("fileChecksum").asString();
            assertThat(Checksum.text(Checksum.of(file.bytes()))).isEqualTo(checksum);
            assertThat(file.answered).doesNotContainKey("ETag");
            names.add(checksum);
        }
        assertThat(names.size()).isGreaterThan(150);
    }

    @Test
    void aMastersNameIsTheSignatureOfItsOriginal() throws Exception {
        for (var master : typed("CPLMaster", TestCloud.of(2, 60).all(LIBRARY))) {
            var name = master.path("recordName").asString();
            assertThat(value(master, "resOriginalFingerprint").asString()).isEqualTo(name);
            assertThat(value(master, "resOriginalRes").path("fileChecksum").asString())
                    .isEqualTo(name);
        }
    }

    @Test
    void picturesCanBeDecodedAndHaveTheSizeTheirRecordSays() throws Exception {
        var cloud = TestCloud.of(2, 60);
        var seen = new HashSet<String>();
        for (var master : typed("CPLMaster", cloud.all(LIBRARY))) {
            var type = value(master, "resOriginalFileType").asString();
            var url = value(master, "resOriginalRes").path("downloadURL").asString("");
            if (!Set.of("public.jpeg", "public.png", "com.adobe.raw-image").contains(type) || url.isEmpty()) {
                continue;
            }
            var image =
                    ImageIO.read(new ByteArrayInputStream(cloud.download(url).bytes()));
            assertThat(image).as(type).isNotNull();
            assertThat(image.getWidth())
                    .isEqualTo(value(master, "resOriginalWidth").asInt());
            assertThat(image.getHeight())
                    .isEqualTo(value(master, "resOriginalHeight").asInt());
            seen.add(type);
        }
        assertThat(seen).hasSize(3);
    }

    @Test
    void originalsOfAnOrdinaryLibraryHaveOrdinarySizesAndThoseOfAHugeOneSmallOnes() throws Exception {
        for (var master : typed("CPLMaster", TestCloud.of(2, 60).all(LIBRARY))) {
            assertThat(value(master, "resOriginalRes").path("size").asInt())
                    .as(value(master, "resOriginalFileType").asString())
                    .isBetween(4_000, 100_000);
        }
        var small = typed(
                "CPLMaster", TestCloud.of(3, 5000).page(LIBRARY, 0, "ASCENDING").path("records"));
        for (var master : small) {
            assertThat(value(master, "resOriginalRes").path("size").asInt()).isLessThan(40_000);
        }
    }

    @Test
    void anAddressLivesForAnHour() throws Exception {
        var cloud = TestCloud.of(2, 60);
        var url = newest(cloud);
        cloud.clock.advance(Duration.ofSeconds(3599));
        assertThat(cloud.download(url).status).isEqualTo(200);
        cloud.clock.advance(Duration.ofSeconds(1));
        assertThat(cloud.download(url).status).isEqualTo(410);
        assertThat(cloud.download(newest(cloud)).status).isEqualTo(200);
    }

    @Test
    void anAddressThatWasTamperedWithIsRefused() throws Exception {
        var cloud = TestCloud.of(2, 60);
        var url = newest(cloud);
        assertThat(url).contains("/content/B/").contains("/${f}?o=").contains("&ckz=PrimarySync&p=");
        assertThat(cloud.download(url.replaceFirst("&e=\\d", "&e=9")).status).isEqualTo(403);
        assertThat(cloud.download(url.substring(0, url.indexOf("&s="))).status).isEqualTo(403);
        assertThat(cloud.download(url.replace("/B/A", "/B/B")).status).isEqualTo(403);
    }

    @Test
    void theSegmentOfAnAddressIsBothChecksums() throws Exception {
        var cloud = TestCloud.of(2, 60);
        var resource = original(cloud, 0);
        var url = resource.path("downloadURL").asString();
        var segment = Base64.getUrlDecoder().decode(url.substring(url.indexOf("/B/") + 3, url.indexOf("/${f}")));
        assertThat(Base64.getEncoder().encodeToString(Arrays.copyOf(segment, 21)))
                .isEqualTo(resource.path("fileChecksum").asString());
        assertThat(Base64.getEncoder().encodeToString(Arrays.copyOfRange(segment, 21, 42)))
                .isEqualTo(resource.path("referenceChecksum").asString());
    }

    @Test
    void aRangeIsServedAndOneBeyondTheEndIsNot() throws Exception {
        var cloud = TestCloud.of(2, 60);
        var url = newest(cloud);
        var whole = cloud.download(url).bytes();

        var rest = cloud.download(url, "bytes=1000-");
        assertThat(rest.status).isEqualTo(206);
        assertThat(rest.bytes()).isEqualTo(Arrays.copyOfRange(whole, 1000, whole.length));
        assertThat(rest.answered)
                .containsEntry("Content-Range", "bytes 1000-" + (whole.length - 1) + "/" + whole.length);
        assertThat(cloud.download(url, "bytes=10-19").bytes()).isEqualTo(Arrays.copyOfRange(whole, 10, 20));
        assertThat(cloud.download(url, "bytes=" + (whole.length - 70) + "-").bytes())
                .hasSize(70);
        assertThat(cloud.download(url, "bytes=" + whole.length + "-").status).isEqualTo(416);
    }

    @Test
    void aHugeFilmIsStreamedAndSigned() throws Exception {
        var cloud = TestCloud.of(2, 60);
        long length = 300L * 1024 * 1024;
        int serial = cloud.library().addFilm(length);
        var resource = original(cloud, 0);
        assertThat(resource.path("size").asLong()).isEqualTo(length);

        var digest = Checksum.salted();
        cloud.library()
                .photo(serial)
                .file(Part.ORIGINAL)
                .write(
                        new OutputStream() {
                            @Override
                            public void write(int one) {
                                digest.update((byte) one);
                            }

                            @Override
                            public void write(byte[] bytes, int offset, int count) {
                                digest.update(bytes, offset, count);
                            }
                        },
                        0,
                        length);
        assertThat(Checksum.text(Checksum.of(digest)))
                .isEqualTo(resource.path("fileChecksum").asString());
        var end = cloud.download(resource.path("downloadURL").asString(), "bytes=" + (length - 100) + "-");
        assertThat(end.bytes()).hasSize(100);
    }

    @Test
    void aDuplicateHasTheMasterOfItsNeighbour() throws Exception {
        var cloud = TestCloud.of(2, 60);
        var records = cloud.all(LIBRARY);
        var masters = typed("CPLAsset", records).stream()
                .map(asset -> value(asset, "masterRef").path("recordName").asString())
                .toList();
        assertThat(new HashSet<>(masters)).hasSizeLessThan(masters.size());
        assertThat(TestCloud.names(typed("CPLMaster", records))).containsAll(masters);
    }

    @Test
    void addressesThatExpireEarlyDieAtOnceOrAfterFiveMinutes() throws Exception {
        var cloud = TestCloud.of(2, 60, LibraryQuirk.EXPIRING_URLS);
        var url = newest(cloud);
        var statuses = new HashSet<Integer>();
        var gone = Optional.<JsonNode>empty();
        for (var master : typed("CPLMaster", cloud.all(LIBRARY))) {
            var address = value(master, "resOriginalRes").path("downloadURL").asString("");
            if (!address.isEmpty()) {
                int status = cloud.download(address).status;
                statuses.add(status);
                gone = status == 410 ? Optional.of(master) : gone;
            }
        }
        assertThat(statuses).isEqualTo(Set.of(200, 410));
        var fresh =
                cloud.lookup(gone.orElseThrow().path("recordName").asString()).get(0);
        assertThat(cloud.download(value(fresh, "resOriginalRes")
                                .path("downloadURL")
                                .asString())
                        .status)
                .isEqualTo(200);
        cloud.clock.advance(Duration.ofMinutes(5));
        assertThat(cloud.download(url).status).isEqualTo(410);
    }

    @Test
    void aCorruptLibraryDeliversFilesThatDoNotMatch() throws Exception {
        var cloud = TestCloud.of(2, 60, LibraryQuirk.CORRUPT);
        var kinds = new HashSet<String>();
        for (var resource : originals(cloud)) {
            var url = resource.path("downloadURL").asString("");
            if (url.isEmpty()) {
                continue;
            }
            var file = cloud.download(url);
            assertThat(file.status).isEqualTo(200);
            boolean whole = file.bytes().length == resource.path("size").asInt();
            boolean right = Checksum.text(Checksum.of(file.bytes()))
                    .equals(resource.path("fileChecksum").asString());
            kinds.add(whole ? right ? "right" : "flipped" : file.bytes()[0] == '<' ? "html" : "short");
        }
        assertThat(kinds).containsExactlyInAnyOrder("right", "flipped", "html", "short");
    }

    @Test
    void missingFilesAreMissingInEachWay() throws Exception {
        var cloud = TestCloud.of(2, 60, LibraryQuirk.MISSING_FILES);
        var ways = new HashSet<String>();
        for (var master : typed("CPLMaster", cloud.all(LIBRARY))) {
            var resource = value(master, "resOriginalRes");
            var url = resource.path("downloadURL").asString("");
            if (resource.isMissingNode()) {
                ways.add("no original");
            } else if (url.isEmpty()) {
                var again = cloud.lookup(master.path("recordName").asString()).get(0);
                ways.add(value(again, "resOriginalRes").has("downloadURL") ? "later" : "never");
            } else {
                ways.add(String.valueOf(cloud.download(url).status));
            }
        }
        assertThat(ways).containsExactlyInAnyOrder("no original", "later", "never", "200", "404");
    }

    @Test
    void theNewestFiveOfEveryLibraryCanBeDownloaded() throws Exception {
        for (var quirk : LibraryQuirk.values()) {
            var cloud = TestCloud.of(2, 48, quirk);
            cloud.query("CheckIndexingState", "", "");
            cloud.clock.advance(Duration.ofMinutes(3));
            for (int i = 0; i < 5; i++) {
                var resource = original(cloud, i);
                var file = cloud.download(resource.path("downloadURL").asString());
                assertThat(Checksum.text(Checksum.of(file.bytes())))
                        .isEqualTo(resource.path("fileChecksum").asString());
            }
        }
    }

    private static String newest(TestCloud cloud) throws Exception {
        return original(cloud, 0).path("downloadURL").asString();
    }

    private static JsonNode original(TestCloud cloud, int rank) throws Exception {
        return originals(cloud).get(rank);
    }

    private static List<JsonNode> originals(TestCloud cloud) throws Exception {
        return typed("CPLMaster", cloud.page(LIBRARY, 0, "ASCENDING").path("records")).stream()
                .map(master -> value(master, "resOriginalRes"))
                .toList();
    }

    private static List<JsonNode> resources(List<JsonNode> records) {
        var resources = new ArrayList<JsonNode>();
        for (var record : records) {
            for (var name : record.path("fields").propertyNames()) {
                if (name.endsWith("Res")) {
                    resources.add(value(record, name));
                }
            }
        }
        return resources;
    }
}
