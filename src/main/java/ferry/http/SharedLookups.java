package ferry.http;

import ferry.access.Caller;
import ferry.crypto.Secret;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/// Requests of one token that come while it is being looked up share the next lookup. Nothing is cached: what a
/// request is told was read after it came, so a key that was switched off lets nobody in, on any node. Thread-safe.
final class SharedLookups implements Authenticator {
    private final Authenticator authenticator;
    private final Map<String, Turns> tokens = new HashMap<>();

    SharedLookups(Authenticator authenticator) {
        this.authenticator = authenticator;
    }

    /// Of one token: the lookup that runs, and the one that starts after it.
    private static final class Turns {
        private CompletableFuture<Caller> running = new CompletableFuture<>();
        private @Nullable CompletableFuture<Caller> next;
        /// Those two; the token is forgotten with the last.
        private int lookups = 1;
    }

    /// What one request does: join a lookup that has not begun, or make one of its own, after another where one
    /// runs.
    private sealed interface Part {
        record Join(CompletableFuture<Caller> lookup) implements Part {}

        record First(Turns turns) implements Part {}

        record After(CompletableFuture<Caller> before, Turns turns, CompletableFuture<Caller> mine) implements Part {}
    }

    @Override
    public Caller caller(Secret token) {
        return switch (part(token.reveal())) {
            case Part.Join(var lookup) -> joined(lookup);
            case Part.First(var turns) -> lookUp(token, turns, turns.running);
            case Part.After(var before, var turns, var mine) -> {
                await(before);
                begin(turns, mine);
                yield lookUp(token, turns, mine);
            }
        };
    }

    private synchronized Part part(String token) {
        var turns = tokens.get(token);
        if (turns == null) {
            var first = new Turns();
            tokens.put(token, first);
            return new Part.First(first);
        }
        if (turns.next != null) {
            return new Part.Join(turns.next);
        }
        var mine = new CompletableFuture<Caller>();
        turns.next = mine;
        turns.lookups++;
        return new Part.After(turns.running, turns, mine);
    }

    /// From here on nobody joins it.
    private synchronized void begin(Turns turns, CompletableFuture<Caller> mine) {
        turns.running = mine;
        turns.next = null;
    }

    private synchronized void end(String token, Turns turns) {
        turns.lookups--;
        if (turns.lookups == 0) {
            tokens.remove(token);
        }
    }

    private Caller lookUp(Secret token, Turns turns, CompletableFuture<Caller> mine) {
        try {
            var caller = authenticator.caller(token);
            end(token.reveal(), turns);
            mine.complete(caller);
            return caller;
        } catch (RuntimeException | Error e) {
            end(token.reveal(), turns);
            mine.completeExceptionally(e);
            throw e;
        }
    }

    private static void await(CompletableFuture<Caller> before) {
        var _ = before.handle((caller, failure) -> true).join();
    }

    private static Caller joined(CompletableFuture<Caller> lookup) {
        try {
            return lookup.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        }
    }
}
