package ferry.sandbox.photos;

import ferry.http.Exchange;
import ferry.sandbox.Account;
import ferry.sandbox.LibraryQuirk;
import ferry.sandbox.Replies;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;

/// What a library's quirks do to CloudKit's answers, and the little that must be remembered for it. Thread-safe.
final class Quirks {
    /// From the first time someone asks.
    static final Duration INDEXING = Duration.ofMinutes(3);
    /// How long an answer takes where they are slow.
    static final Duration SLOW = Duration.ofSeconds(2);
    /// An empty page is full again at once, and may be empty again after this.
    static final Duration TRANSIENT = Duration.ofMinutes(10);
    /// Requests that may come at once before CloudKit throttles; one more each [#REFILL].
    static final int BUCKET = 20;
    static final Duration REFILL = Duration.ofMillis(250);

    /// How much of a library is indexed that never is to the end, in percent.
    private static final long HALF = 50;

    /// Listing requests between two photos that turn up meanwhile, and how many turn up at most.
    private static final int MOVE_EVERY = 3;
    private static final int MOVES = 12;

    private final InstantSource clock;
    private final Pause pause;
    private final Map<PhotoLibrary, Memory> memories = new HashMap<>();

    Quirks(InstantSource clock, Pause pause) {
        this.clock = clock;
        this.pause = pause;
    }

    private static final class Memory {
        private final Instant firstAsked;
        private final Map<String, Instant> emptied = new HashMap<>();
        private int listings;
        private int moves;
        private int refusals;
        private double tokens = BUCKET;
        private Instant refilled;

        Memory(Instant now) {
            firstAsked = now;
            refilled = now;
        }
    }

    private Memory memory(PhotoLibrary library) {
        return memories.computeIfAbsent(library, _ -> new Memory(clock.instant()));
    }

    void delay(PhotoLibrary library) throws InterruptedException {
        if (library.has(LibraryQuirk.SLOW)) {
            pause.rest(SLOW);
        }
    }

    /// Answers in the library's place where too much was asked: in turn with 200 and an error inside, and with 503.
    synchronized boolean throttled(Account account, PhotoLibrary library, Exchange exchange) {
        if (!library.has(LibraryQuirk.THROTTLING) || takes(memory(library))) {
            return false;
        }
        boolean inside = memory(library).refusals++ % 2 == 0;
        var body = Replies.object()
                .put("uuid", Records.anonymous(account.dsid()).substring(1))
                .put("serverErrorCode", inside ? "RETRY_LATER" : "THROTTLED")
                .put("reason", "Request rate is too high")
                .put("retryAfter", 1);
        exchange.set("Retry-After", "1");
        Replies.json(exchange, inside ? 200 : 503, body);
        return true;
    }

    private boolean takes(Memory memory) {
        var now = clock.instant();
        double refill = Duration.between(memory.refilled, now).toMillis() / (double) REFILL.toMillis();
        memory.tokens = Math.min(BUCKET, memory.tokens + refill);
        memory.refilled = now;
        if (memory.tokens < 1) {
            return false;
        }
        memory.tokens--;
        return true;
    }

    /// How much of the library is indexed, in percent; lists hold that much of it.
    synchronized long indexed(PhotoLibrary library) {
        if (library.has(LibraryQuirk.NEVER_INDEXED)) {
            return HALF;
        }
        if (!library.has(LibraryQuirk.INDEXING)) {
            return 100;
        }
        var since = Duration.between(memory(library).firstAsked, clock.instant());
        return Math.min(100, 100 * since.toMillis() / INDEXING.toMillis());
    }

    /// One page of the library is about to be listed: perhaps a photo is added first, and all ranks shift.
    synchronized void move(PhotoLibrary library) {
        if (!library.has(LibraryQuirk.MOVING)) {
            return;
        }
        var memory = memory(library);
        if (++memory.listings % MOVE_EVERY == 0 && memory.moves < MOVES) {
            memory.moves++;
            library.addPhoto();
        }
    }

    /// Whether this page comes empty although there is more: every third page once, never the first.
    synchronized boolean empty(PhotoLibrary library, long startRank) {
        return library.has(LibraryQuirk.EMPTY_PAGES)
                && startRank != 0
                && startRank / 100 % 3 == 1
                && emptyOnce(library, "rank " + startRank / 100);
    }

    /// Whether a folder's albums come as none although there are some: once.
    synchronized boolean emptyAlbums(PhotoLibrary library, String folder) {
        return library.has(LibraryQuirk.EMPTY_PAGES) && emptyOnce(library, "albums " + folder);
    }

    private boolean emptyOnce(PhotoLibrary library, String what) {
        var memory = memory(library);
        var now = clock.instant();
        var last = memory.emptied.get(what);
        if (last != null && last.plus(TRANSIENT).isAfter(now)) {
            return false;
        }
        memory.emptied.put(what, now);
        return true;
    }
}
