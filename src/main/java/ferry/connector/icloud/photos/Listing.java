package ferry.connector.icloud.photos;

import ferry.connector.ConnectorException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/// Walks a view by rank, in stretches of 100 photos of which several are read at once (R16).
///
/// A stretch may come in several short pages. An empty page ends the view only when the stretch after it and a
/// second look at the same rank are empty too, since the source sometimes shows one where there is more.
final class Listing {
    private static final int STRETCH = 100;
    private static final int LOOKS_AT_A_GAP = 3;

    private final PhotosDatabase database;
    private final Library library;
    private final int ahead;

    /// @param ahead how many stretches may be read beyond the one that is being taken, from 1
    Listing(PhotosDatabase database, Library library, int ahead) {
        this.database = database;
        this.library = library;
        this.ahead = ahead;
    }

    /// Takes the pages of a view in the order of their ranks, on the thread that walks.
    interface Pages {
        void take(Page page) throws ConnectorException, InterruptedException;
    }

    /// How a walk ended.
    ///
    /// @param token where the zone stood before anything but the first page was read
    /// @param whole false where a stretch stayed empty though there was more behind it
    /// @param ranks how many there are, those of a stretch that stayed empty included
    record Walk(Optional<String> token, boolean whole, long ranks) {}

    Walk walk(View view, Pages pages) throws ConnectorException, InterruptedException {
        var threads = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().factory());
        try (threads) {
            return walk(view, pages, threads);
        } catch (ConnectorException | InterruptedException | RuntimeException e) {
            threads.shutdownNow();
            throw e;
        }
    }

    private Walk walk(View view, Pages pages, ExecutorService threads) throws ConnectorException, InterruptedException {
        // By itself: what changes after its token is in the delta, so nothing may be read before it.
        var current = stretch(view, 0, STRETCH);
        var token = current.token;
        var reading = new ArrayDeque<Future<Stretch>>();
        long submitted = STRETCH;
        long ranks = 0;
        boolean whole = true;
        for (long from = 0; ; from += STRETCH) {
            while (reading.size() < (current.isFull() ? ahead : 1)) {
                long start = submitted;
                reading.add(threads.submit(() -> stretch(view, start, start + STRETCH)));
                submitted += STRETCH;
            }
            ranks = Math.max(ranks, give(current, pages));
            var following = result(reading.remove());
            if (!current.isFull()) {
                var rest = secondLook(view, current.end, from + STRETCH, following.isEmpty() ? 1 : LOOKS_AT_A_GAP);
                ranks = Math.max(ranks, give(rest, pages));
                if (rest.isEmpty() && following.isEmpty()) {
                    return new Walk(token, whole, ranks);
                }
                whole &= rest.isFull() || following.isEmpty();
            }
            current = following;
        }
    }

    /// Some consecutive pages.
    ///
    /// @param token where the zone stood at the first answer, even if that was empty
    /// @param end the rank after the last one that was read
    /// @param until the rank that was to be reached
    private record Stretch(List<Page> pages, Optional<String> token, long end, long until) {
        boolean isFull() {
            return end >= until;
        }

        boolean isEmpty() {
            return pages.isEmpty();
        }
    }

    /// @return the rank after the last one that was given; 0 for none
    private static long give(Stretch stretch, Pages pages) throws ConnectorException, InterruptedException {
        for (var page : stretch.pages) {
            pages.take(page);
        }
        return stretch.isEmpty() ? 0 : stretch.end;
    }

    private Stretch secondLook(View view, long from, long until, int looks)
            throws ConnectorException, InterruptedException {
        var found = new ArrayList<Page>();
        long rank = from;
        for (int look = 0; look < looks && rank < until; look++) {
            var more = stretch(view, rank, until);
            found.addAll(more.pages);
            rank = more.end;
        }
        return new Stretch(found, Optional.empty(), rank, until);
    }

    private Stretch stretch(View view, long from, long until) throws ConnectorException, InterruptedException {
        var pages = new ArrayList<Page>();
        Optional<String> token = Optional.empty();
        long rank = from;
        while (rank < until) {
            var page = database.page(library, view, rank, (int) (until - rank));
            token = token.or(page::syncToken);
            if (page.isEmpty()) {
                break;
            }
            pages.add(page);
            rank += page.ranks();
        }
        return new Stretch(pages, token, rank, until);
    }

    private static Stretch result(Future<Stretch> future) throws ConnectorException, InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case ConnectorException failure -> throw failure;
                case InterruptedException stop -> throw stop;
                case RuntimeException bug -> throw bug;
                case Error error -> throw error;
                case null, default -> throw new IllegalStateException(e);
            }
        }
    }
}
