package ferry.sandbox;

import ferry.connector.Access;
import ferry.connector.FileAnswers;
import ferry.connector.Login;
import ferry.connector.NextStep;
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
import ferry.testing.NoLimits;
import java.net.BindException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/// A sandbox and the real connector, which does not know where it is, signs in to its accounts, and reads.
public final class SignedIn implements AutoCloseable {
    public final SandboxClock clock = SandboxClock.standing(Instant.parse("2026-11-22T12:00:00Z"));
    public final Sandbox sandbox;
    public final ICloudConnector connector;
    private final Outbound outbound = Outbound.open(EgressPolicy.of(List.of()).withLoopback());
    private final ICloudSettings settings;
    private final Map<String, Reading> sessions = new HashMap<>();

    public SignedIn() throws BindException {
        sandbox = Sandbox.start("127.0.0.1", 0, clock, SandboxOptions.DEFAULT);
        settings = ICloudSettings.of(sandbox.authUrl(), sandbox.setupUrl(), sandbox.homeUrl());
        connector = new ICloudConnector(outbound, settings, clock, clock::advance);
    }

    /// Reads a whole data type, which keeps its schema; an account keeps its session.
    public KeptFeed read(String name, String dataType) throws Exception {
        return read(name, dataType, Window.ALL);
    }

    /// The same of a window.
    public KeptFeed read(String name, String dataType, Window window) throws Exception {
        var feed = new KeptFeed();
        connector.data(reading(name), dataType, window, feed);
        var errors = feed.schemaErrors(dataType);
        if (!errors.isEmpty()) {
            throw new AssertionError(errors);
        }
        return feed;
    }

    /// The calls of an account, for a reader of their own.
    public ServiceCalls calls(String name) throws Exception {
        return new ServiceCalls(outbound, settings, clock, reading(name), clock::advance, new FileAnswers());
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

    /// The account's session, opened when first asked for.
    public Reading reading(String name) throws Exception {
        var known = sessions.get(name);
        if (known != null) {
            return known;
        }
        var opened = newSession(name);
        sessions.put(name, opened);
        return opened;
    }

    /// Another session of the account, opened by password and, where it is asked for, code.
    public Reading newSession(String name) throws Exception {
        var identifier = name + "@sandbox.example";
        var login = connector.signIn(
                new SignIn(identifier, Map.of("password", new Secret("password")), Optional.empty()), new NoLimits(4));
        if (login instanceof Login.CodeRequired challenge) {
            login = connector.proceed(
                    identifier, challenge.open(), new NextStep.Code(new Secret("123456")), new NoLimits(4));
        }
        return new Reading(identifier, new KeptAccess(((Login.Opened) login).access()), new NoLimits(4));
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
}
