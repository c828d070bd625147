package ferry.egress;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// Resolves a name and decides whether Ferry may connect to where it leads.
record Guard(EgressPolicy policy, Resolver resolver) {
    /// Longer than one server's time-out in `resolv.conf`, so that the second one is asked.
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    /// What asks the name servers. May block.
    @FunctionalInterface
    interface Resolver {
        List<InetAddress> resolve(String host) throws UnknownHostException;
    }

    /// Carries a refusal through the client, which knows no other exception here.
    static final class Refusal extends UnknownHostException {
        private final EgressRefused why;

        Refusal(EgressRefused why) {
            super(why.getMessage());
            this.why = why;
        }

        EgressRefused why() {
            return why;
        }
    }

    /// All addresses of the name, each allowed. One that is not refuses them all: which of them is connected to must
    /// not be left to the other side.
    List<InetAddress> addresses(String host, int port) throws EgressRefused {
        var found = resolved(host);
        if (found.isEmpty()) {
            throw unresolved(host);
        }
        for (var address : found) {
            if (!policy.allows(host, port, address)) {
                throw new EgressRefused(
                        host + ":" + port + " leads to an address that is not in the open internet; if it is meant,"
                                + " list it in FERRY_EGRESS_ALLOW");
            }
        }
        return found;
    }

    private List<InetAddress> resolved(String host) throws EgressRefused {
        if (host.contains(":") || host.matches("[0-9.]+")) {
            return List.of(Addresses.literal(host));
        }
        var asked = new FutureTask<>(() -> resolver.resolve(host));
        Thread.ofVirtual().name("egress-resolve").start(asked); // the lookup itself cannot be interrupted
        try {
            return asked.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS).stream()
                    .map(Addresses::nameless)
                    .toList();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw unresolved(host);
        } catch (ExecutionException | TimeoutException | CancellationException _) {
            throw unresolved(host);
        }
    }

    private static EgressRefused unresolved(String host) {
        return new NameUnknown(host + " has no address");
    }
}
