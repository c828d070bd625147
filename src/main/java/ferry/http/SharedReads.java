package ferry.http;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/// What requests ask for while a read runs is read together by the next one. Nothing is cached: what a request is
/// told was read after it came, so it is as fresh as if it had read alone, on any node. One that is alone waits for
/// nobody; sixty-four at once cost two reads. Thread-safe.
///
/// @param <G> what is read apart from the rest, such as an organisation: its reads come one after another
/// @param <K> what is asked for, such as an id
/// @param <V> what is found
public final class SharedReads<G, K, V> {
    private final Read<G, K, V> read;
    private final Map<G, Batch<K, V>> last = new HashMap<>();

    /// @param read where everything is read
    public SharedReads(Read<G, K, V> read) {
        this.read = read;
    }

    /// Reads several at once.
    @FunctionalInterface
    public interface Read<G, K, V> {
        /// What is there; a key without a value is left out. Where it throws, all who asked are told.
        Map<K, V> all(G group, Set<K> keys);
    }

    /// Those that read together. Open to more until its read begins.
    private static final class Batch<K, V> {
        private final Set<K> keys = new HashSet<>();
        private final CompletableFuture<Map<K, V>> found = new CompletableFuture<>();
        private boolean open = true;
    }

    /// What one request does: join a batch that is open, or begin one and read it, after the one that is being read.
    private sealed interface Part<K, V> {
        record Join<K, V>(Batch<K, V> batch) implements Part<K, V> {}

        record Lead<K, V>(Batch<K, V> batch, CompletableFuture<?> before) implements Part<K, V> {}
    }

    /// Reads one.
    public Optional<V> find(G group, K key) {
        var found = switch (part(group, key)) {
            case Part.Join<K, V>(var batch) -> joined(batch);
            case Part.Lead<K, V>(var batch, var before) -> {
                await(before);
                yield lead(group, batch);
            }
        };
        return Optional.ofNullable(found.get(key));
    }

    private synchronized Part<K, V> part(G group, K key) {
        var before = last.get(group);
        if (before != null && before.open) {
            before.keys.add(key);
            return new Part.Join<>(before);
        }
        var batch = new Batch<K, V>();
        batch.keys.add(key);
        last.put(group, batch);
        return new Part.Lead<>(batch, before == null ? CompletableFuture.completedFuture(true) : before.found);
    }

    /// From here on nobody joins it.
    private synchronized Set<K> close(Batch<K, V> batch) {
        batch.open = false;
        return Set.copyOf(batch.keys);
    }

    private synchronized void end(G group, Batch<K, V> batch) {
        last.remove(group, batch);
    }

    private Map<K, V> lead(G group, Batch<K, V> batch) {
        try {
            var found = read.all(group, close(batch));
            end(group, batch);
            batch.found.complete(found);
            return found;
        } catch (RuntimeException | Error e) {
            end(group, batch);
            batch.found.completeExceptionally(e);
            throw e;
        }
    }

    private static void await(CompletableFuture<?> before) {
        var _ = before.handle((found, failure) -> true).join();
    }

    private static <K, V> Map<K, V> joined(Batch<K, V> batch) {
        try {
            return batch.found.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        }
    }
}
