package ferry.connector.icloud.photos;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.ConnectorException;
import ferry.connector.FileRef;
import ferry.connector.Target.Integrity;
import ferry.connector.Window;
import ferry.connector.icloud.web.KeptFeed;
import ferry.error.ErrorCode;
import ferry.testing.NoLimits;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

class PhotosTest {
    private static final String ORIGINAL = "icpl.photos.original";

    private final FakeCloud cloud = new FakeCloud();
    private final KeptFeed feed = new KeptFeed();
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-03-01T12:00:00Z"));
    private final Photos photos = new Photos(cloud, new NoLimits(4), now::get);

    @Test
    void everyPhotoOfEveryViewIsListedOnceWithItsFlags() throws Exception {
        IntStream.range(0, 250).forEach(cloud::photo);
        cloud.photo(1000, View.HIDDEN);
        cloud.photo(1001, View.RECENTLY_DELETED);

        photos.photos(Window.ALL, feed);

        assertThat(feed.ids()).hasSize(252).doesNotHaveDuplicates();
        assertThat(feed.items.get(250).path("hidden").booleanValue()).isTrue();
        assertThat(feed.items.get(251).path("deleted").booleanValue()).isTrue();
        assertThat(feed.expected).isEqualTo(252);
        assertThat(feed.warnings).isEmpty();
        assertThat(feed.complete).isTrue();
        assertThat(KeptFeed.schemaErrors("icpl.photos", feed.items)).isEmpty();
    }

    @Test
    void allFramesOfABurstComeAndDoNotCountAsADeviation() throws Exception {
        IntStream.range(0, 20).forEach(cloud::photo);
        for (int frame = 100; frame < 150; frame++) {
            var made = cloud.photo(frame, View.BURSTS);
            FakeCloud.field(made.asset(), "burstId", "STRING", "B");
            if (frame < 102) {
                cloud.view(View.LIBRARY).add(made.assetName());
            }
        }

        photos.photos(Window.ALL, feed);

        assertThat(feed.ids()).hasSize(70).doesNotHaveDuplicates();
        assertThat(feed.items.stream().filter(photo -> photo.at("/burst/pick").asBoolean(false)))
                .extracting(photo -> photo.path("id").asString())
                .containsExactly("photo:ASSET-100", "photo:ASSET-101");
        assertThat(feed.warnings).isEmpty();
        assertThat(feed.schemaErrors("icpl.photos")).isEmpty();
    }

    @Test
    void whatOnlyChangedDoesNotTellWhetherItsBurstShowsIt() throws Exception {
        IntStream.range(0, 3).forEach(cloud::photo);
        var late = cloud.made(999);
        FakeCloud.field(late.asset(), "burstId", "STRING", "B");
        FakeCloud.number(late.asset(), "burstFlags", 11);
        cloud.changes.add(late.asset());

        photos.photos(Window.ALL, feed);

        assertThat(feed.item(late.id()).path("burst")).hasToString("""
                {"id":"B","pick":null,"flags_raw":11}""");
    }

    @Test
    void r16ALibraryThatIsStillIndexedIsReadLater() {
        cloud.indexing = "RUNNING";

        assertThatThrownBy(() -> photos.photos(Window.ALL, feed))
                .isInstanceOfSatisfying(ConnectorException.Unavailable.class, e -> {
                    assertThat(e.code()).isEqualTo(ErrorCode.STILL_INDEXING);
                    assertThat(e.retryAfter()).isEqualTo(Duration.ofMinutes(1));
                });
    }

    @Test
    void r16ShortPagesLeaveNoGap() throws Exception {
        IntStream.range(0, 230).forEach(cloud::photo);
        cloud.pageCut = 32;

        photos.photos(Window.ALL, feed);

        assertThat(feed.ids()).hasSize(230);
        assertThat(feed.complete).isTrue();
    }

    @Test
    void r16AnEmptyPageBeforeTheEndIsLookedAtAgain() throws Exception {
        IntStream.range(0, 350).forEach(cloud::photo);
        cloud.hiccups.addAll(List.of(100L, 350L));

        photos.photos(Window.ALL, feed);

        assertThat(feed.ids()).hasSize(350);
        assertThat(feed.complete).isTrue();
    }

    @Test
    void r16AStretchThatIsSkippedOrCameTwiceIsReadFromTheLog() throws Exception {
        var all = IntStream.range(0, 450).mapToObj(cloud::photo).toList();
        cloud.misplaced.putAll(Map.of(100L, 200L, 300L, 200L));

        photos.photos(Window.ALL, feed);

        assertThat(feed.ids())
                .hasSize(450)
                .doesNotHaveDuplicates()
                .contains(all.get(150).id(), all.get(350).id());
        assertThat(feed.refusals).isEmpty();
        assertThat(feed.complete).isTrue();
    }

    @Test
    void r16AnEndThatTheListingLacksIsReadFromTheLog() throws Exception {
        IntStream.range(0, 350).forEach(cloud::photo);
        cloud.misplaced.put(300L, 400L);

        photos.photos(Window.ALL, feed);

        assertThat(feed.ids()).hasSize(350).doesNotHaveDuplicates();
        assertThat(feed.complete).isTrue();
    }

    @Test
    void r16WhatTheLogDoesNotGiveEitherIsTold() throws Exception {
        IntStream.range(0, 450).forEach(cloud::photo);
        cloud.misplaced.put(100L, 200L);
        cloud.tokenLost = true;

        photos.photos(Window.ALL, feed);

        assertThat(feed.ids()).hasSize(350).doesNotHaveDuplicates();
        assertThat(feed.warnings).contains("listing_gap");
        assertThat(feed.complete).isFalse();
    }

    @Test
    void r17RecordsThatComeAsErrorsOnceAreLookedUp() throws Exception {
        var made = IntStream.range(0, 10).mapToObj(cloud::photo).toList();
        cloud.unreadable.addAll(List.of(made.get(3).assetName(), made.get(5).masterName()));

        photos.photos(Window.ALL, feed);

        assertThat(feed.ids()).hasSize(10).doesNotHaveDuplicates();
        assertThat(feed.refusals).isEmpty();
        assertThat(feed.complete).isTrue();
    }

    @Test
    void r16APhotoAddedDuringTheRunComesOutOfTheDelta() throws Exception {
        IntStream.range(0, 150).forEach(cloud::photo);
        var late = cloud.made(999);
        cloud.changes.add(late.asset());

        photos.photos(Window.ALL, feed);

        assertThat(feed.ids()).hasSize(151).contains(late.id());
        assertThat(feed.items.getLast().path("filename").stringValue()).isEqualTo("IMG_0999.JPG");
    }

    @Test
    void r16ADeletionDuringTheRunHidesNoOtherPhoto() throws Exception {
        var all = IntStream.range(0, 300).mapToObj(cloud::photo).toList();
        var once = new AtomicBoolean();
        cloud.beforePage = rank -> {
            // The first hundred have been read; now one of them goes, and all others move up.
            if (rank > 0 && once.compareAndSet(false, true)) {
                cloud.view(View.LIBRARY).remove(all.get(10).assetName());
                cloud.changes.add(FakeCloud.JSON
                        .createObjectNode()
                        .put("recordName", all.get(10).assetName())
                        .put("deleted", true));
            }
        };

        photos.photos(Window.ALL, feed);

        assertThat(feed.ids())
                .doesNotHaveDuplicates()
                .contains(all.get(100).id())
                .hasSize(300);
        assertThat(feed.warnings).contains("removed_meanwhile");
    }

    @Test
    void r16AForgottenTokenMeansAnotherLookAtEverything() throws Exception {
        IntStream.range(0, 20).forEach(cloud::photo);
        cloud.tokenLost = true;

        photos.photos(Window.ALL, feed);

        assertThat(feed.ids()).hasSize(20).doesNotHaveDuplicates();
        assertThat(feed.complete).isTrue();
    }

    @Test
    void r16ACountThatDeviatesIsAWarning() throws Exception {
        IntStream.range(0, 20).forEach(cloud::photo);
        cloud.counted = 500;

        photos.photos(Window.ALL, feed);

        assertThat(feed.warnings).containsExactly("count_deviates");
    }

    @Test
    void r17RecordErrorsAreItemisedAndUnknownTypesPassedOver() throws Exception {
        var bad = cloud.photo(1);
        bad.asset().put("serverErrorCode", "INTERNAL_ERROR");
        var odd = cloud.photo(2);
        odd.asset().put("recordType", "CPLSomethingNew");
        cloud.photo(3);

        photos.photos(Window.ALL, feed);

        assertThat(feed.ids()).containsExactly("photo:ASSET-3");
        assertThat(feed.refusals)
                .contains("record:ASSET-1 not-retrievable", "master:" + odd.masterName() + " not-retrievable");
    }

    @Test
    void r17AnAssetWithoutAMasterIsItemised() throws Exception {
        cloud.photo(1);
        var lost = cloud.photo(2);
        cloud.records.remove(lost.masterName());

        photos.photos(Window.ALL, feed);

        assertThat(feed.ids()).containsExactly("photo:ASSET-1");
        assertThat(feed.refusals).containsExactly(lost.id() + " not-retrievable");
    }

    @Test
    void r17TwoAssetsOfOneMasterAreTwoPhotosWithOneFile() throws Exception {
        var first = cloud.photo(1);
        var second = cloud.photo(2);
        second.asset().withObject("/fields/masterRef/value").put("recordName", first.masterName());
        cloud.records.remove(second.masterName());
        feed.wanted.add(ORIGINAL);

        photos.photos(Window.ALL, feed);

        assertThat(feed.items).hasSize(2);
        assertThat(feed.items.get(0).path("files").path(0).path("id"))
                .isEqualTo(feed.items.get(1).path("files").path(0).path("id"));
        assertThat(feed.published).hasSize(1);
    }

    @Test
    void aFileOfTwoPhotosThatCannotBeHadIsRefusedOnce() throws Exception {
        var first = cloud.photo(1);
        IntStream.range(2, 60).forEach(cloud::photo);
        var last = cloud.photo(60);
        last.asset().withObject("/fields/masterRef/value").put("recordName", first.masterName());
        cloud.records.remove(last.masterName());
        cloud.script(
                first,
                "resOriginal",
                Stream.generate(() -> FakeCloud.cut(10)).limit(40).toArray(FakeCloud.Reply[]::new));
        feed.wanted.add(ORIGINAL);

        photos.photos(Window.ALL, feed);

        assertThat(feed.items).hasSize(60);
        assertThat(feed.published).hasSize(58);
        assertThat(feed.refusals).containsExactly("o:" + first.masterName() + " integrity-mismatch");
    }

    @Test
    void r17PairsAcrossPagesAreJoinedByLookUp() throws Exception {
        IntStream.range(0, 5).forEach(cloud::photo);
        var late = cloud.made(7);
        cloud.records.put("ASSET-7", late.asset());
        cloud.changes.add(late.asset());

        photos.photos(Window.ALL, feed);

        assertThat(feed.ids()).contains("photo:ASSET-7");
        assertThat(cloud.calls).contains("records/lookup");
    }

    @Test
    void onlyWhatTheLibraryGotOrChangedInTheWindowIsGivenOut() throws Exception {
        IntStream.range(0, 4).forEach(cloud::photo);
        var changed = cloud.photo(100);
        FakeCloud.number(changed.asset(), "addedDate", 1_000_000_000_000L);
        changed.asset().putObject("modified").put("timestamp", 1_700_000_100_001L);
        var window = new Window(
                Optional.of(Instant.ofEpochMilli(1_700_000_100_001L)),
                Optional.of(Instant.ofEpochMilli(1_700_000_100_003L)));

        photos.photos(window, feed);

        assertThat(feed.ids()).containsExactly("photo:ASSET-1", "photo:ASSET-2", "photo:ASSET-100");
    }

    @Test
    void filesThatThePollWantsArePublishedInPassing() throws Exception {
        var all = IntStream.range(0, 120).mapToObj(cloud::photo).toList();
        feed.wanted.add(ORIGINAL);

        photos.photos(Window.ALL, feed);

        assertThat(feed.published).hasSize(120);
        assertThat(feed.published.get(original(all.get(5))))
                .isEqualTo(all.get(5).content());
        assertThat(feed.integrity.values()).containsOnly(Integrity.SIGNATURE);
        assertThat(feed.filename(original(all.get(5)))).isEqualTo("IMG_0005.JPG");
    }

    @Test
    void r20ATruncatedBodyIsRefused() throws Exception {
        var photo = cloud.photo(1);
        cloud.photo(2);
        cloud.script(
                photo,
                "resOriginal",
                Stream.generate(() -> FakeCloud.cut(10)).limit(9).toArray(FakeCloud.Reply[]::new));
        feed.wanted.add(ORIGINAL);

        photos.photos(Window.ALL, feed);

        assertThat(feed.published).hasSize(1);
        assertThat(feed.refusals).containsExactly("o:" + photo.masterName() + " integrity-mismatch");
    }

    @Test
    void r20AnErrorPageWithStatus200IsRefusedAfterOneFreshTry() throws Exception {
        var photo = cloud.photo(1);
        var page = FakeCloud.body("<html>" + "sorry ".repeat(40) + "</html>");
        cloud.script(photo, "resOriginal", page, page);
        feed.wanted.add(ORIGINAL);

        photos.photos(Window.ALL, feed);

        assertThat(feed.published).isEmpty();
        assertThat(feed.refusals).containsExactly("o:" + photo.masterName() + " integrity-mismatch");
        assertThat(cloud.fetched).hasSize(2);
    }

    @Test
    void r20ABodyOfTheRightLengthButOtherBytesIsRefused() throws Exception {
        var photo = cloud.photo(1);
        var other = FakeCloud.body("x".repeat(photo.content().length));
        cloud.script(photo, "resOriginal", other, other);
        feed.wanted.add(ORIGINAL);

        photos.photos(Window.ALL, feed);

        assertThat(feed.published).isEmpty();
        assertThat(feed.refusals).containsExactly("o:" + photo.masterName() + " integrity-mismatch");
    }

    @Test
    void r20ABodySpoiltOnceIsFetchedAfresh() throws Exception {
        var photo = cloud.photo(1);
        cloud.script(photo, "resOriginal", FakeCloud.body("y".repeat(photo.content().length)));
        feed.wanted.add(ORIGINAL);

        photos.photos(Window.ALL, feed);

        assertThat(feed.published.get(original(photo))).isEqualTo(photo.content());
        assertThat(feed.refusals).isEmpty();
    }

    @Test
    void r20AnUnknownSignatureLeavesTheSizeToCheck() throws Exception {
        var photo = cloud.photo(1);
        photo.master().withObject("/fields/resOriginalRes/value").put("fileChecksum", "f" + photo.masterName());
        feed.wanted.add(ORIGINAL);

        photos.photos(Window.ALL, feed);

        assertThat(feed.integrity.get(original(photo))).isEqualTo(Integrity.SIZE_ONLY);
    }

    @Test
    void r20ABrokenBodyIsResumedWhereItBroke() throws Exception {
        var photo = cloud.photo(1);
        cloud.script(photo, "resOriginal", FakeCloud.broken(7));
        feed.wanted.add(ORIGINAL);

        photos.photos(Window.ALL, feed);

        assertThat(feed.published.get(original(photo))).isEqualTo(photo.content());
        assertThat(cloud.fetched).last().asString().endsWith(" 7");
    }

    @Test
    void aLineThatBreaksAgainAndAgainBringsAFileAllTheSame() throws Exception {
        var photo = cloud.photo(1);
        cloud.script(
                photo,
                "resOriginal",
                Stream.generate(() -> List.of(FakeCloud.further(1), FakeCloud.status(502)))
                        .limit(40)
                        .flatMap(List::stream)
                        .toArray(FakeCloud.Reply[]::new));
        feed.wanted.add(ORIGINAL);

        photos.photos(Window.ALL, feed);

        assertThat(feed.published.get(original(photo))).isEqualTo(photo.content());
        assertThat(cloud.fetched).hasSizeGreaterThan(2 * photo.content().length - 2);
    }

    @Test
    void r20AHostThatDoesNotResumeIsReadFromTheStart() throws Exception {
        var photo = cloud.photo(1);
        cloud.script(photo, "resOriginal", FakeCloud.broken(7), (content, _) -> FakeCloud.whole(content, 0));
        feed.wanted.add(ORIGINAL);

        photos.photos(Window.ALL, feed);

        assertThat(feed.published.get(original(photo))).isEqualTo(photo.content());
        assertThat(cloud.fetched).hasSize(2);
    }

    @Test
    void r18AnExpiredUrlIsLookedUpOnce() throws Exception {
        var healed = cloud.photo(1);
        var gone = cloud.photo(2);
        cloud.script(healed, "resOriginal", FakeCloud.status(410));
        cloud.script(gone, "resOriginal", FakeCloud.status(403), FakeCloud.status(410));
        feed.wanted.add(ORIGINAL);

        photos.photos(Window.ALL, feed);

        assertThat(feed.published).containsOnlyKeys(original(healed));
        assertThat(feed.refusals).containsExactly("o:" + gone.masterName() + " not-retrievable");
        assertThat(cloud.fetched).hasSize(4);
    }

    @Test
    void r18NoUrlOlderThanTwentyMinutesIsUsed() throws Exception {
        IntStream.range(0, 3).forEach(cloud::photo);
        cloud.beforePage = _ -> now.updateAndGet(t -> t.plus(Duration.ofMinutes(21)));
        feed.wanted.add(ORIGINAL);

        photos.photos(Window.ALL, feed);

        assertThat(feed.published).hasSize(3);
        assertThat(cloud.fetched).noneMatch(url -> url.contains("?g=0"));
    }

    @Test
    void r21AFileWithoutAUrlIsListedAndRefused() throws Exception {
        var photo = cloud.photo(1);
        photo.master().withObject("/fields/resOriginalRes/value").remove("downloadURL");
        feed.wanted.add(ORIGINAL);

        photos.photos(Window.ALL, feed);

        assertThat(feed.items.getFirst().path("files").path(0).path("available").booleanValue())
                .isFalse();
        assertThat(feed.refusals).containsExactly("o:" + photo.masterName() + " not-retrievable");
    }

    @Test
    void aBusyContentHostIsAskedAgainAtTheEnd() throws Exception {
        var photo = cloud.photo(1);
        cloud.script(photo, "resOriginal", (_, _) -> {
            throw new ConnectorException.Unavailable(Duration.ofMinutes(1), ErrorCode.SERVICE_UNAVAILABLE, "busy");
        });
        feed.wanted.add(ORIGINAL);

        photos.photos(Window.ALL, feed);

        assertThat(feed.published).hasSize(1);
        assertThat(feed.refusals).isEmpty();
    }

    @Test
    void aPhotoWhoseFileWasRefusedComesAgainToAReaderThatGoesOn() throws Exception {
        cloud.photo(1);
        var spoilt = cloud.photo(2);
        var page = FakeCloud.body("<html>" + "sorry ".repeat(40) + "</html>");
        cloud.script(spoilt, "resOriginal", page, page);
        feed.wanted.add(ORIGINAL);
        photos.photos(Window.ALL, feed);
        assertThat(feed.refusals).containsExactly("o:" + spoilt.masterName() + " integrity-mismatch");

        var next = new KeptFeed(ORIGINAL);
        next.from = feed.reached;
        photos.photos(Window.ALL, next);

        assertThat(next.ids()).containsExactly(spoilt.id());
        assertThat(next.published).containsOnlyKeys(original(spoilt));
    }

    /// A photo whose original never comes.
    private void neverComes(FakeCloud.Made photo) {
        cloud.script(
                photo,
                "resOriginal",
                Stream.generate(PhotosTest::busy).limit(50).toArray(FakeCloud.Reply[]::new));
    }

    private static FakeCloud.Reply busy() {
        return (_, _) -> {
            throw new ConnectorException.Unavailable(Duration.ofMinutes(1), ErrorCode.SERVICE_UNAVAILABLE, "busy");
        };
    }

    @Test
    void filesThatNeverComeAreNamedAndTheRestGoesOn() throws Exception {
        var all = IntStream.range(0, 30).mapToObj(cloud::photo).toList();
        all.subList(10, 22).forEach(this::neverComes);
        feed.wanted.add(ORIGINAL);

        photos.photos(Window.ALL, feed);

        assertThat(feed.published).hasSize(18);
        assertThat(feed.refusals).hasSize(12).contains("o:" + all.get(15).masterName() + " service-unavailable");

        // An attempt that finds nothing but those, since the others are here already, comes to the same end.
        var again = new KeptFeed(ORIGINAL);
        again.published.putAll(feed.published);
        photos.photos(Window.ALL, again);
        assertThat(again.refusals).containsExactlyInAnyOrderElementsOf(feed.refusals);
    }

    @Test
    void aContentHostThatIsAwayRefusesNoLibraryOneByOne() throws Exception {
        var all = IntStream.range(0, 30).mapToObj(cloud::photo).toList();
        feed.wanted.add(ORIGINAL);
        photos.photos(Window.ALL, feed);
        var halfWay = new KeptFeed(ORIGINAL);
        all.subList(0, 15).forEach(photo -> halfWay.published.put(original(photo), photo.content()));
        all.forEach(this::neverComes);

        assertThatThrownBy(() -> photos.photos(Window.ALL, halfWay)).isInstanceOf(ConnectorException.Unavailable.class);
        var fresh = new KeptFeed(ORIGINAL);
        assertThatThrownBy(() -> photos.photos(Window.ALL, fresh)).isInstanceOf(ConnectorException.Unavailable.class);

        assertThat(halfWay.refusals).isEmpty();
        assertThat(fresh.refusals).isEmpty();
    }

    @Test
    void aLostSessionStopsEverything() {
        IntStream.range(0, 10)
                .forEach(n -> cloud.script(cloud.photo(n), "resOriginal", (_, _) -> {
                    throw new ConnectorException.SessionLost("over");
                }));
        feed.wanted.add(ORIGINAL);

        assertThatThrownBy(() -> photos.photos(Window.ALL, feed)).isInstanceOf(ConnectorException.SessionLost.class);
    }

    @Test
    void filesAreFetchedByReferenceWithFreshUrls() throws Exception {
        var photo = cloud.photo(1);
        FakeCloud.field(photo.asset(), "adjustmentType", "STRING", "com.apple.photo");
        cloud.resource(photo.asset(), "resJPEGFull", "public.jpeg", "edited".getBytes(UTF_8));
        var edited = new FileRef("icpl.photos.edited", "e:ASSET-1");
        var lost = new FileRef(ORIGINAL, "o:nothing");
        var strange = new FileRef("icloud_drive.file", "o:nothing");

        photos.files(List.of(original(photo), edited, lost, strange), feed);

        assertThat(feed.published.get(original(photo))).isEqualTo(photo.content());
        assertThat(feed.published.get(edited)).isEqualTo("edited".getBytes(UTF_8));
        assertThat(feed.filename(edited)).isEqualTo("IMG_0001-edited.JPG");
        assertThat(feed.refusals).containsExactlyInAnyOrder("o:nothing not-retrievable", "o:nothing not-retrievable");
    }

    @Test
    void albumsAreReadFolderByFolder() throws Exception {
        album("A", "Holiday", 0, "");
        album("----Root-Folder----", "", 3, "");
        album("F", "Years", 3, "");
        album("C", "2025", 0, "F");
        album("G", null, 6, "");
        album("X", "odd", 77, "F");

        photos.albums(feed);

        assertThat(feed.ids()).containsExactly("album:A", "album:F", "album:G", "album:C", "album:X");
        assertThat(feed.items.get(0).path("count").intValue()).isEqualTo(7);
        assertThat(feed.items.get(3).path("parent_id").stringValue()).isEqualTo("album:F");
        assertThat(feed.items.get(2).path("title").isNull()).isTrue();
        assertThat(KeptFeed.schemaErrors("icpl.albums", feed.items)).isEmpty();
    }

    @Test
    void r23AHundredThousandPhotosAreNeverHeld() throws Exception {
        var listed = new AtomicInteger();
        var live = new AtomicLong();
        var counting = new KeptFeed() {
            @Override
            public void item(ObjectNode node) {
                if (listed.incrementAndGet() % 25_000 == 0) {
                    live.accumulateAndGet(usedAfterCollection(), Math::max);
                }
            }
        };
        long before = usedAfterCollection();

        new Photos(new EndlessCloud(100_000), new NoLimits(4), now::get).photos(Window.ALL, counting);

        assertThat(listed.get()).isEqualTo(100_000);
        assertThat(live.get() - before).isLessThan(60L << 20);
        assertThat(counting.refusals).isEmpty();
    }

    private static long usedAfterCollection() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private void album(String name, @Nullable String title, int type, String parent) {
        var album = FakeCloud.JSON
                .createObjectNode()
                .put("recordName", name)
                .put("recordType", "CPLAlbum")
                .put("parent", parent);
        FakeCloud.number(album, "albumType", type);
        if (title != null) {
            FakeCloud.field(album, "albumNameEnc", "ENCRYPTED_BYTES", FakeCloud.base64(title));
        }
        album.putObject("created").put("timestamp", 1_700_000_000_000L);
        cloud.albums.add(album);
    }

    private static FileRef original(FakeCloud.Made photo) {
        return new FileRef(ORIGINAL, "o:" + photo.masterName());
    }
}
