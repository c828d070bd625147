package ferry.fuzz;

import ferry.testing.Contract;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/// Which calls were done, and how answers were spread. Thread-safe.
final class Coverage {
    private static final int RAREST = 8;

    private final Map<String, AtomicLong> done = new ConcurrentHashMap<>();
    private final Map<Integer, AtomicLong> statuses = new ConcurrentSkipListMap<>();

    void answered(Call call, int status) {
        statuses.computeIfAbsent(status, _ -> new AtomicLong()).incrementAndGet();
        if (status < 300) {
            call.pointer()
                    .ifPresent(pointer ->
                            done.computeIfAbsent(pointer, _ -> new AtomicLong()).incrementAndGet());
        }
    }

    /// Calls of the document that were never answered with success.
    Set<String> missing() {
        var missing = new TreeSet<String>();
        Contract.get().operations().stream()
                .filter(operation -> !done.containsKey(operation.pointer()))
                .forEach(operation -> missing.add(operation.route()));
        return missing;
    }

    /// The calls that succeeded least often, and how often each did.
    String rarest() {
        return Contract.get().operations().stream()
                .map(operation -> Map.entry(operation.route(), times(operation.pointer())))
                .sorted(Map.Entry.comparingByValue())
                .limit(RAREST)
                .toList()
                .toString();
    }

    private long times(String pointer) {
        var times = done.get(pointer);
        return times == null ? 0 : times.get();
    }

    /// Each status and how many answers had it.
    String statuses() {
        return statuses.toString();
    }
}
