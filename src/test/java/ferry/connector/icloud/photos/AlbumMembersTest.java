package ferry.connector.icloud.photos;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.Window;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.Differences;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.KeptFeed;
import ferry.egress.Answer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class AlbumMembersTest {
    private static final int PAGE = 66;

    private final KeptFeed feed = new KeptFeed();
    private final Told before = new Told();

    /// Hears what a listing says of those that it does not name.
    private static final class Told implements Differences.Before {
        boolean allStay;

        @Override
        public boolean had(String mark) {
            return false;
        }

        @Override
        public void keep(String mark) {
            throw new AssertionError("albums have no mark");
        }

        @Override
        public void allStay() {
            allStay = true;
        }
    }

    /// One album of that many photos, made page by page and never held.
    private static class OneAlbum implements Calls {
        final List<Integer> offsets = new ArrayList<>();
        int counted;
        final int size;

        OneAlbum(int size) {
            this.size = size;
            this.counted = size;
        }

        @Override
        public boolean has(String service) {
            return true;
        }

        @Override
        public JsonNode get(String service, String path, Map<String, String> query) {
            throw new AssertionError(path);
        }

        @Override
        public Answer content(String url, long from) {
            throw new AssertionError(url);
        }

        @Override
        public JsonNode post(String service, String path, Map<String, String> query, JsonNode body) {
            var answer = Json.object();
            var type = body.at("/query/recordType").asString("");
            if (path.endsWith("batch")) {
                number(answer.putArray("batch").addObject().putArray("records").addObject(), "itemCount", counted);
            } else if (type.equals("CPLAlbumByPositionLive")) {
                answer.putArray("records").addObject().put("recordName", "A").put("recordType", "CPLAlbum");
            } else {
                var from = body.at("/query/filterBy/0/fieldValue/value").asString();
                int offset = Integer.parseInt(body.path("continuationMarker").asString(from));
                offsets.add(offset);
                page(answer, offset);
            }
            return answer;
        }

        void page(ObjectNode answer, int offset) {
            var records = answer.putArray("records");
            int end = Math.min(size, offset + PAGE);
            for (int i = offset; i < end; i++) {
                var relation = records.addObject()
                        .put("recordName", "P" + i + "-IN-A")
                        .put("recordType", "CPLContainerRelation");
                relation.putObject("fields")
                        .putObject("itemId")
                        .put("type", "STRING")
                        .put("value", "P" + i);
                records.addObject().put("recordName", "P" + i).put("recordType", "CPLAsset");
            }
            if (end < size) {
                answer.put("continuationMarker", String.valueOf(end));
            }
        }

        private static void number(ObjectNode record, String field, long value) {
            record.putObject("fields").putObject(field).put("type", "INT64").put("value", value);
        }
    }

    private void read(OneAlbum album, KeptFeed into) throws Exception {
        new AlbumMembers(new PhotosDatabase(album, () -> Instant.EPOCH), Library.PERSONAL, Window.ALL, into, before)
                .read();
    }

    @Test
    void r23AHundredThousandMembersAreNeverHeld() throws Exception {
        var given = new AtomicInteger();
        var live = new AtomicLong();
        var counting = new KeptFeed() {
            @Override
            public void item(ObjectNode node) {
                if (given.incrementAndGet() % 25_000 == 0) {
                    System.gc();
                    var runtime = Runtime.getRuntime();
                    live.accumulateAndGet(runtime.totalMemory() - runtime.freeMemory(), Math::max);
                }
            }
        };
        System.gc();
        long before = Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
        var album = new OneAlbum(100_000);

        read(album, counting);

        assertThat(given.get()).isEqualTo(100_000);
        assertThat(album.offsets).hasSize(100_000 / PAGE + 1);
        assertThat(live.get() - before).isLessThan(20L << 20);
    }

    @Test
    void anEndThatComesTooEarlyIsLookedAtOnceMore() throws Exception {
        var album = new OneAlbum(150) {
            @Override
            void page(ObjectNode answer, int offset) {
                if (offset == PAGE && offsets.size() == 2) {
                    answer.putArray("records");
                } else {
                    super.page(answer, offset);
                }
            }
        };

        read(album, feed);

        assertThat(feed.ids()).hasSize(150).doesNotHaveDuplicates();
        assertThat(album.offsets).containsExactly(0, 66, 66, 132);
        assertThat(feed.complete).isTrue();
        assertThat(feed.warnings).isEmpty();
    }

    @Test
    void aCountThatStaysHigherIsAWarning() throws Exception {
        var album = new OneAlbum(10);
        album.counted = 12;

        read(album, feed);

        assertThat(feed.ids()).hasSize(10);
        assertThat(feed.warnings).containsExactly("count_deviates");
        assertThat(feed.complete).isTrue();
        assertThat(before.allStay).as("nobody is told to have left").isTrue();
    }

    @Test
    void aMarkerThatLeadsRoundInCirclesEndsTheAlbum() throws Exception {
        var album = new OneAlbum(100) {
            @Override
            void page(ObjectNode answer, int offset) {
                super.page(answer, 0);
            }
        };
        album.counted = 0;

        read(album, feed);

        assertThat(feed.ids()).hasSize(66);
        assertThat(feed.complete).isFalse();
        assertThat(feed.warnings).containsExactly("listing_gap");
    }

    @Test
    void whatCannotBeReadIsNamed() throws Exception {
        var album = new OneAlbum(3) {
            @Override
            void page(ObjectNode answer, int offset) {
                super.page(answer, offset);
                var records = answer.withArray("records");
                ((ObjectNode) records.path(0)).remove("fields");
                ((ObjectNode) records.path(2)).put("serverErrorCode", "INTERNAL_ERROR");
                ((ObjectNode) records.path(4)).put("deleted", true);
            }
        };
        album.counted = 0;

        read(album, feed);

        assertThat(feed.items).isEmpty();
        assertThat(feed.refusals)
                .containsExactly("album_member:P0-IN-A not-retrievable", "record:P1-IN-A not-retrievable");
    }
}
