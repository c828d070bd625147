package ferry.crash;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/// The strikes of the seed at hand. Workers report where they are; the first to come to the point of the next
/// strike has it. Thread-safe.
final class Blows {
    private final Deque<Strike> waiting = new ArrayDeque<>();
    private final List<Strike> struck = new ArrayList<>();
    private int passed;

    synchronized void arm(List<Strike> strikes) {
        waiting.clear();
        struck.clear();
        waiting.addAll(strikes);
        passed = 0;
    }

    /// The strike that hits a worker which is here, or null. Each is given once.
    synchronized @org.jspecify.annotations.Nullable Strike at(Point point, boolean commit) {
        var next = waiting.peek();
        if (next == null || next.point() != point || next.atCommit() != commit) {
            return null;
        }
        if (passed < next.pass()) {
            passed++;
            return null;
        }
        passed = 0;
        struck.add(waiting.remove());
        return next;
    }

    /// Those that have hit somebody.
    synchronized List<Strike> struck() {
        return List.copyOf(struck);
    }
}
