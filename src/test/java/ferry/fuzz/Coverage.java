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
    private final Map<String, Boolean> done = new ConcurrentHashMap<>();
    private final Map<Integer, AtomicLong> statuses = new ConcurrentSkipListMap<>();

    void answered(Call call, int status) {
        statuses.computeIfAbsent(status, _ -> new AtomicLong()).incrementAndGet();
        if (status < 300) {
            call.pointer().ifPresent(pointer -> done.put(pointer, true));
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

    /// Each status and how many answers had it.
    String statuses() {
        return statuses.toString();
    }
}
