package ferry.connector.icloud.web;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.Feed;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Window;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/// What a listing gives that was compared with an earlier one.
class DifferencesTest {
    /// Goes on where another stopped.
    private static final class Further implements Feed {
        private final Optional<String> from;
        private final List<String> items = new ArrayList<>();
        private final List<String> warnings = new ArrayList<>();
        private boolean startedOver;
        private @Nullable String reached;

        Further(@Nullable String from) {
            this.from = Optional.ofNullable(from);
        }

        @Override
        public void item(ObjectNode node) {
            items.add(node.toString());
        }

        @Override
        public Optional<String> from() {
            return from;
        }

        @Override
        public void startOver() {
            startedOver = true;
        }

        @Override
        public void reached(String state) {
            reached = state;
        }

        @Override
        public String fileId(FileRef ref) {
            throw new AssertionError("no files here");
        }

        @Override
        public boolean wants(String fileType) {
            return false;
        }

        @Override
        public Files files() {
            throw new AssertionError("no files here");
        }

        @Override
        public void expect(long total) {}

        @Override
        public void refused(String item, ErrorCode why, String detail) {}

        @Override
        public void warn(String code, String detail) {
            warnings.add(code);
        }

        @Override
        public void incomplete() {}
    }

    private static Further list(@Nullable String from, boolean nested, Differences.Lister lister) throws Exception {
        var feed = new Further(from);
        Differences.list(Window.ALL, feed, nested, entry -> entry.without("seen"), lister);
        return feed;
    }

    private static ObjectNode record(String id, int value) {
        return Json.object().put("id", id).put("data_type", "thing").put("value", value);
    }

    private static String gone(String id) {
        return "{\"id\":\"" + id + "\",\"data_type\":\"thing\",\"deleted\":true}";
    }

    private static @Nullable String two() throws Exception {
        return list(null, false, feed -> {
                    feed.item(record("a", 1));
                    feed.item(record("b", 1));
                })
                .reached;
    }

    @Test
    void whatIsAsItWasIsLeftOut() throws Exception {
        var before = two();
        var same = list(before, false, feed -> {
            feed.item(record("b", 1).put("seen", 5));
            feed.item(record("a", 1));
        });
        assertThat(same.items).isEmpty();
        assertThat(same.reached).isEqualTo(before);
        var other = list(before, false, feed -> {
            feed.item(record("a", 2));
            feed.item(record("c", 1));
        });
        assertThat(other.items)
                .containsExactly(record("a", 2).toString(), record("c", 1).toString(), gone("b"));
    }

    @Test
    void aDeletionWaitsForAListingThatKeepsNothingBack() throws Exception {
        var gap = list(two(), false, feed -> {
            feed.item(record("a", 1));
            feed.incomplete();
        });
        assertThat(gap.items).isEmpty();
        assertThat(list(gap.reached, false, feed -> feed.item(record("a", 1))).items)
                .containsExactly(gone("b"));
    }

    @Test
    void whatIsRefusedIsNotGone() throws Exception {
        var refused = list(two(), false, feed -> feed.refused("a", ErrorCode.NOT_RETRIEVABLE, "no"));
        assertThat(refused.items).containsExactly(gone("b"));
        assertThat(list(refused.reached, false, feed -> feed.item(record("a", 1))).items)
                .isEmpty();
        // It may have hidden the other.
        assertThat(list(two(), true, feed -> feed.refused("a", ErrorCode.NOT_RETRIEVABLE, "no")).items)
                .isEmpty();
    }

    @Test
    void whatIsListedTwiceIsNoChange() throws Exception {
        var twice = list(two(), false, feed -> {
            feed.item(record("a", 1));
            feed.item(record("b", 2));
            feed.item(record("a", 1));
            feed.item(record("b", 2));
        });
        assertThat(twice.items).containsExactly(record("b", 2).toString());
    }

    @Test
    void anEmptyListNeedNotMeanThatAllIsGone() throws Exception {
        var feed = new Further(two());
        Differences.list(Window.ALL, feed, false, entry -> entry, (_, before) -> before.allStay());
        assertThat(feed.items).isEmpty();
        assertThat(feed.reached).isEqualTo(feed.from.orElseThrow());
    }

    @Test
    void ofTooManyRecordsNoneIsKept() throws Exception {
        var feed = new Further(two());
        Differences.list(
                Window.ALL,
                feed,
                false,
                entry -> entry.without("seen"),
                (into, _) -> {
                    into.item(record("a", 1));
                    into.item(record("c", 1));
                    into.item(record("d", 1));
                },
                2);
        // What is told is right all the same.
        assertThat(feed.items)
                .containsExactly(record("c", 1).toString(), record("d", 1).toString(), gone("b"));
        assertThat(feed.reached).isNull();
        assertThat(feed.warnings).containsExactly("cursor_too_large");
    }

    @Test
    void aSourceThatSaysItIsAsItWasIsNotListed() throws Exception {
        var first = marked(null, "Monday", into -> into.item(record("a", 1)));
        var same = marked(first.reached, "Monday", _ -> {
            throw new AssertionError("listed");
        });
        assertThat(same.items).isEmpty();
        assertThat(same.reached).isEqualTo(first.reached);

        var other = marked(same.reached, "Tuesday", into -> into.item(record("a", 2)));
        assertThat(other.items).containsExactly(record("a", 2).toString());
        // Its cursor goes on from the new mark.
        assertThat(marked(other.reached, "Tuesday", into -> into.item(record("a", 3))).items)
                .isEmpty();
        assertThat(marked(other.reached, "Monday", into -> into.item(record("a", 3))).items)
                .hasSize(1);
    }

    @Test
    void whatAListingLackedIsAskedForAgainWhateverTheSourceSays() throws Exception {
        var gap = marked(two(), "Monday", Feed::incomplete);
        assertThat(marked(gap.reached, "Monday", into -> into.item(record("c", 1))).items)
                .contains(record("c", 1).toString());
        var refused = marked(null, "Monday", into -> into.refused("a", ErrorCode.NOT_RETRIEVABLE, "no"));
        assertThat(marked(refused.reached, "Monday", into -> into.item(record("a", 1))).items)
                .hasSize(1);
    }

    private static Further marked(@Nullable String from, String mark, Differences.Lister lister) throws Exception {
        var feed = new Further(from);
        Differences.list(Window.ALL, feed, false, entry -> entry, (into, before) -> {
            if (!before.had(mark)) {
                lister.list(into);
                before.keep(mark);
            }
        });
        return feed;
    }

    @Test
    void anotherConnectorsStateStartsOver() throws Exception {
        var feed = list("{\"zone\": {\"token\": \"x\"}}", false, into -> into.item(record("a", 1)));
        assertThat(feed.startedOver).isTrue();
        assertThat(feed.items).hasSize(1);
    }

    @Test
    void aPartOfAListingKnowsNothing() throws Exception {
        var feed = new Further(null);
        var since = new Window(Optional.of(Instant.EPOCH), Optional.empty());
        Differences.list(since, feed, false, entry -> entry, into -> into.item(record("a", 1)));
        assertThat(feed.items).hasSize(1);
        assertThat(feed.reached).isNull();
    }
}
