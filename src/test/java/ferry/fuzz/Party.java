package ferry.fuzz;

import ferry.testing.TestApp;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.random.RandomGenerator;

/// One of the two organisations. What it makes carries its canary, which the other must never see. Thread-safe.
///
/// @param number of all that there are in a run
/// @param canary letters that occur nowhere else
/// @param password what it sends as password; never in any answer
/// @param hooks where its webhooks go
/// @param recent some ids of each resource, for the other to try
record Party(
        int number,
        TestApp.Organisation organisation,
        String canary,
        String password,
        String hooks,
        Map<String, List<String>> recent) {
    private static final int KEPT = 50;

    Party(int number, TestApp.Organisation organisation, String canary, String hooks) {
        this(number, organisation, canary, "pw" + canary + "pw", hooks, new ConcurrentHashMap<>());
    }

    /// The organisation's id, as references to it spell it.
    String id() {
        return organisation.id().toString();
    }

    void made(String resource, String id) {
        var ids = recent.computeIfAbsent(resource, _ -> new CopyOnWriteArrayList<>());
        if (ids.size() < KEPT) {
            ids.add(id);
        }
    }

    Optional<String> any(String resource, RandomGenerator random) {
        var ids = recent.getOrDefault(resource, List.of());
        return ids.isEmpty() ? Optional.empty() : Optional.of(ids.get(random.nextInt(ids.size())));
    }
}
