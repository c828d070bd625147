package ferry.sandbox;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// How many requests each service has under way, and had at most. Thread-safe.
final class UnderWay {
    private record Count(int now, int most) {
        Count more() {
            return new Count(now + 1, Math.max(most, now + 1));
        }

        Count less() {
            return new Count(now - 1, most);
        }
    }

    private final Map<String, Count> counts = new ConcurrentHashMap<>();

    void begins(String service) {
        counts.merge(service, new Count(1, 1), (count, _) -> count.more());
    }

    void ends(String service) {
        counts.computeIfPresent(service, (_, count) -> count.less());
    }

    /// Forgets the most that each had, but not what is under way.
    void countAnew() {
        counts.replaceAll((_, count) -> new Count(count.now, count.now));
    }

    int most(String service) {
        return counts.getOrDefault(service, new Count(0, 0)).most;
    }
}
