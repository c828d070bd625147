package ferry.cli;

import ferry.crypto.Secret;
import ferry.http.WebServer;
import java.net.BindException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/// Receives webhooks on a free port of this machine and keeps them. Started by [#start]; whoever started it
/// closes it.
public final class Inbox implements AutoCloseable {
    /// Less than a sender waits for an answer.
    private static final long WAIT_SECONDS = 10;

    private final List<Receiver.Received> all = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Secret> secret = new CompletableFuture<>();
    private final WebServer server;

    private Inbox(InstantSource clock) throws BindException {
        server = WebServer.start("127.0.0.1", 0, new Receiver(this::known, clock, Receiver.Kinds.ALL, this::take));
    }

    /// Begins to listen. What comes before the secret is known waits for it.
    public static Inbox start(InstantSource clock) throws BindException {
        return new Inbox(clock);
    }

    /// Where it listens, as a webhook config wants it.
    String url() {
        return server.url() + Receiver.PATH;
    }

    /// What verifies from now on.
    void secret(Secret shown) {
        secret.complete(shown);
    }

    /// What came, in its order.
    List<Receiver.Received> all() {
        return List.copyOf(all);
    }

    private Optional<Secret> known() {
        return Optional.of(
                secret.copy().orTimeout(WAIT_SECONDS, TimeUnit.SECONDS).join());
    }

    private int take(Receiver.Received got) {
        all.add(got);
        return 200;
    }

    @Override
    public void close() {
        server.close();
    }
}
