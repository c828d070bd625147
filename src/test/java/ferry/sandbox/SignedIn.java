package ferry.sandbox;

import ferry.connector.Access;
import ferry.connector.Limits;
import ferry.connector.Login;
import ferry.connector.Reading;
import ferry.connector.SignIn;
import ferry.connector.Window;
import ferry.connector.icloud.ICloudConnector;
import ferry.connector.icloud.ICloudSettings;
import ferry.connector.icloud.ServiceCalls;
import ferry.connector.icloud.web.KeptFeed;
import ferry.crypto.Secret;
import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import java.net.BindException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/// A sandbox and the real connector, which signs in to its accounts that have no second factor, and reads.
public final class SignedIn implements AutoCloseable {
    public final SandboxClock clock = SandboxClock.standing(Instant.parse("2026-11-22T12:00:00Z"));
    public final Sandbox sandbox;
    private final Outbound outbound = Outbound.open(EgressPolicy.of(List.of()).withLoopback());
    private final ICloudSettings settings;
    private final ICloudConnector connector;
    private final Map<String, Access> sessions = new HashMap<>();

    public SignedIn() throws BindException {
        sandbox = Sandbox.start("127.0.0.1", 0, clock, SandboxOptions.DEFAULT);
        settings = ICloudSettings.of(sandbox.authUrl(), sandbox.setupUrl(), sandbox.homeUrl());
        connector = new ICloudConnector(outbound, settings, clock);
    }

    /// Reads a data type; an account keeps its session.
    public KeptFeed read(String name, String dataType) throws Exception {
        var feed = new KeptFeed();
        connector.data(reading(name), dataType, Window.ALL, feed);
        return feed;
    }

    /// The calls of an account, for a reader of their own.
    public ServiceCalls calls(String name) throws Exception {
        return new ServiceCalls(outbound, settings, clock, reading(name));
    }

    public Account account(String name) {
        return sandbox.accounts().find(name + "@sandbox.example").orElseThrow();
    }

    /// How often the account asked for paths that end so.
    public long asked(String name, String end) {
        return sandbox.journal()
                .count(entry ->
                        entry.account().startsWith(name + "@") && entry.path().endsWith(end));
    }

    private Reading reading(String name) throws Exception {
        var identifier = name + "@sandbox.example";
        if (!sessions.containsKey(name)) {
            var signIn = new SignIn(identifier, Map.of("password", new Secret("password")), Optional.empty());
            var login = (Login.Opened) connector.signIn(signIn, new NoLimits());
            sessions.put(name, new KeptAccess(login.access()));
        }
        return new Reading(identifier, sessions.get(name), new NoLimits());
    }

    @Override
    public void close() {
        outbound.close();
        sandbox.close();
        if (!sandbox.journal().violations().isEmpty()) {
            throw new AssertionError("the connector made calls that it must not make");
        }
    }

    private static final class KeptAccess implements Access {
        private final AtomicReference<Secret> newest;

        KeptAccess(Secret first) {
            newest = new AtomicReference<>(first);
        }

        @Override
        public Secret current() {
            return newest.get();
        }

        @Override
        public Secret replace(Secret expected, Secret fresh) {
            return newest.updateAndGet(now -> now.equals(expected) ? fresh : now);
        }
    }

    private static final class NoLimits implements Limits {
        @Override
        public void turn(HostClass host) {}

        @Override
        public void throttled(HostClass host, Duration wait) {}

        @Override
        public int parallel(HostClass host) {
            return 1;
        }
    }
}
