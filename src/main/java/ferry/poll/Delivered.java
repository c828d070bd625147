package ferry.poll;

import ferry.connector.Window;
import ferry.crypto.Digests;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.node.ObjectNode;

/// What one listing of a subscription's data type names, beside what the listing before it named: tells what is
/// new. Records are told apart by all they hold, so one that has changed is new; files by their ids, and those
/// of a changed record are new with it.
///
/// Listing n + 1 begins where listing n was begun, less an overlap. What both name is in the overlap or has no
/// date, so that the fingerprints of one listing are all that the next needs. Eight bytes a record or file are
/// held; the subscription's id goes into each, so that nobody outside can make two that are the same.
///
/// Where the type has cursors, a listing goes on from the last one's instead: all that it names has changed
/// since and is published. The fingerprints then only tell the files of a listing that has to be repeated.
///
/// Records come on one thread, files on several.
final class Delivered {
    /// For so long the beginning waits for what a listing lacked. An item that can never be had must not make
    /// every later poll list everything since.
    static final Duration LONGEST_GAP = Duration.ofDays(7);

    private final UUID subscription;
    private final String asked;
    private final Window window;
    private final Optional<Cursors.Start> start;
    private final Deliveries.Progress before;
    private final Instant begun;
    private final Fingerprints.Growing now = new Fingerprints.Growing();
    private final List<String> filesOfNext = new ArrayList<>();
    private final Set<Long> changed = ConcurrentHashMap.newKeySet();

    /// @param asked the type, and what else decides which records and files come
    /// @param payload what the poll asks for
    /// @param before how far the subscription had got
    /// @param start the cursor that it had got to
    /// @param begun when this listing begins
    Delivered(
            UUID subscription,
            String asked,
            Payload payload,
            Deliveries.Progress before,
            Optional<Cursors.Start> start,
            Instant begun) {
        this.subscription = subscription;
        this.asked = asked;
        this.before = before;
        this.begun = begun;
        this.start = start;
        var window = payload.window();
        this.window = hasCursor() ? window : new Window(later(window.since(), before.since()), window.until());
    }

    /// Names what decides which records and files of a type come. Another payload that changes none of it goes
    /// on where the last has stopped.
    static String asked(String type, Payload payload) {
        var files = payload.fileTypes().stream().sorted().toList();
        var rest = files + " " + payload.since() + " " + payload.until();
        return type + " " + Digests.shortHex(rest);
    }

    /// What the listing is narrowed to.
    Window window() {
        return window;
    }

    /// Whether a listing came before this one.
    boolean isFurther() {
        return !before.seen().isEmpty() || before.since().isPresent();
    }

    /// Whether the listing goes on from a cursor, or would if that still led anywhere.
    boolean hasCursor() {
        return before.cursor().isPresent();
    }

    /// The cursor that this listing goes on from.
    Optional<Cursors.Start> start() {
        return start;
    }

    UUID subscription() {
        return subscription;
    }

    String asked() {
        return asked;
    }

    /// A file that the next record names.
    void names(String fileId) {
        filesOfNext.add(fileId);
    }

    /// The next record, whose files were named, does not come.
    void skipped() {
        filesOfNext.clear();
    }

    /// Notes the next record.
    ///
    /// @return whether it is to be published
    boolean isNew(ObjectNode record) {
        // Not as bytes: a text that is not valid Unicode is mended on its way out.
        long print = Digests.first(subscription.toString(), "record", record.toString());
        now.add(print);
        boolean known = before.seen().holds(print);
        for (var file : filesOfNext) {
            long one = file(file);
            if (!known && before.seen().holds(one)) {
                changed.add(one);
            }
        }
        filesOfNext.clear();
        return !known || hasCursor();
    }

    /// Whether an earlier poll has delivered the file, and its record has not changed since. It then counts as
    /// seen.
    boolean hasFile(String fileId) {
        long print = file(fileId);
        boolean has = before.seen().holds(print) && !changed.contains(print);
        if (has) {
            now.add(print);
        }
        return has;
    }

    /// The file is in the bucket.
    void delivered(String fileId) {
        now.add(file(fileId));
    }

    /// Whether the subscription goes on though this listing lacks something: it has waited long enough.
    boolean goesOnAnyway() {
        return before.gap().filter(gap -> gap.plus(LONGEST_GAP).isBefore(begun)).isPresent();
    }

    /// How far the subscription has got with this listing.
    ///
    /// @param whole whether it lacks nothing, or nothing that does not come with the next
    /// @param overlap how much the next one lists again
    /// @param cursor where this one stopped; empty for a type that has none
    Deliveries.Progress after(boolean whole, Duration overlap, Optional<UUID> cursor) {
        var further = cursor.or(before::cursor);
        var next = Optional.of(begun.minus(overlap));
        if (whole) {
            return new Deliveries.Progress(next, Optional.empty(), now.now(), further);
        }
        if (goesOnAnyway()) {
            return new Deliveries.Progress(next, Optional.of(begun), now.now(), further);
        }
        return new Deliveries.Progress(
                before.since(),
                before.gap().or(() -> Optional.of(begun)),
                before.seen().and(now.now()),
                before.cursor());
    }

    private long file(String id) {
        return Digests.first(subscription.toString(), "file", id);
    }

    private static Optional<Instant> later(Optional<Instant> one, Optional<Instant> other) {
        return one.isPresent() && other.isPresent()
                ? Optional.of(one.get().isAfter(other.get()) ? one.get() : other.get())
                : one.or(() -> other);
    }
}
