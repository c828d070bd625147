package ferry.connector.icloud.notes;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.Access;
import ferry.connector.Limits;
import ferry.connector.Login;
import ferry.connector.NextStep;
import ferry.connector.Reading;
import ferry.connector.SignIn;
import ferry.connector.Window;
import ferry.connector.icloud.ICloudConnector;
import ferry.connector.icloud.ICloudSettings;
import ferry.crypto.Secret;
import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import ferry.sandbox.Sandbox;
import ferry.sandbox.SandboxClock;
import ferry.sandbox.SandboxOptions;
import java.net.BindException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/// The real connector, signed in to simulated accounts; reads types that have no files.
public abstract class AtSandbox {
    protected final SandboxClock clock = SandboxClock.standing(Instant.parse("2026-11-22T12:00:00Z"));
    protected Sandbox sandbox;
    private Outbound outbound;
    protected ICloudConnector connector;

    @BeforeEach
    void start() throws BindException {
        sandbox = Sandbox.start("127.0.0.1", 0, clock, SandboxOptions.DEFAULT);
        outbound = Outbound.open(EgressPolicy.of(List.of()).withLoopback());
        var settings = ICloudSettings.of(sandbox.authUrl(), sandbox.setupUrl(), sandbox.homeUrl());
        connector = new ICloudConnector(outbound, settings, clock);
    }

    @AfterEach
    void stop() {
        outbound.close();
        sandbox.close();
        assertThat(sandbox.journal().violations()).isEmpty();
    }

    /// A session of that account, as one reading after the other uses it.
    protected static final class Held implements Access {
        private Secret secret;

        Held(Secret secret) {
            this.secret = secret;
        }

        @Override
        public synchronized Secret current() {
            return secret;
        }

        @Override
        public synchronized Secret replace(Secret expected, Secret fresh) {
            if (secret.equals(expected)) {
                secret = fresh;
            }
            return secret;
        }
    }

    protected Held open(String name) throws Exception {
        var identifier = name + "@sandbox.example";
        var login = connector.signIn(
                new SignIn(identifier, Map.of("password", new Secret("password")), Optional.empty()), new NoLimits());
        if (login instanceof Login.CodeRequired challenge) {
            login = connector.proceed(
                    identifier, challenge.open(), new NextStep.Code(new Secret("123456")), new NoLimits());
        }
        return new Held(((Login.Opened) login).access());
    }

    /// Reads a whole type; what came keeps its schema.
    protected ListFeed read(Held access, String dataType, Window window) throws Exception {
        var feed = new ListFeed();
        connector.data(new Reading("someone", access, new NoLimits()), dataType, window, feed);
        assertThat(feed.errors(dataType)).isEmpty();
        return feed;
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
