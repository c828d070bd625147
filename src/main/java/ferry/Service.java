package ferry;

import ferry.access.MasterKeys;
import ferry.access.Scopes;
import ferry.connector.Connector;
import ferry.connector.icloud.ICloudConnector;
import ferry.connector.icloud.ICloudSettings;
import ferry.connector.mock.MockConnector;
import ferry.crypto.MasterKey;
import ferry.crypto.Secret;
import ferry.db.DataFolder;
import ferry.db.Opened;
import ferry.egress.Outbound;
import ferry.http.RateLimits;
import ferry.http.WebServer;
import ferry.sandbox.Sandbox;
import ferry.sandbox.SandboxClock;
import ferry.sandbox.SandboxOptions;
import ferry.storage.Retries;
import ferry.storage.StorageSettings;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The running service, from the lock on its folder to the open port: what `serve` and `demo` start. Started by
/// [#start], which leaves nothing behind where it fails; stopped by [#close].
public final class Service implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Service.class);
    private static final String TOKEN = "token";

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final ServiceSettings settings;
    private final InstantSource clock;
    /// Goes on evenly where the clock is moved.
    private final InstantSource pulse;
    private final SandboxClock sandboxClock;
    private Optional<Sandbox> sandbox = Optional.empty();
    private Optional<Secret> firstToken = Optional.empty();
    private String url = "";

    private Service(ServiceSettings settings, InstantSource clock) {
        this.settings = settings;
        this.pulse = clock;
        this.sandboxClock = new SandboxClock(clock);
        this.clock = settings.icloud().isEmpty() ? sandboxClock : clock;
    }

    /// Starts everything; returns once requests are answered.
    ///
    /// @throws BindException where the port is taken
    public static Service start(ServiceSettings settings, InstantSource clock) throws IOException {
        var service = new Service(settings, clock);
        try {
            service.start();
            return service;
        } catch (IOException | RuntimeException e) {
            service.close();
            throw e;
        }
    }

    /// Where it answers, such as `http://127.0.0.1:8080`.
    public String url() {
        return url;
    }

    /// The token of the first organisation, where this start made it.
    public Optional<Secret> firstToken() {
        return firstToken;
    }

    /// The simulated iCloud, where there is one.
    public Optional<Sandbox> sandbox() {
        return sandbox;
    }

    /// Stops in reverse order; tasks under way go back to be done later. May be called twice.
    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                log.warn("stopping went wrong", e);
            }
        }
    }

    private void start() throws IOException {
        // Before anything else: a busy port must cost nothing.
        int port = freePort();
        Optional<DataFolder> folder =
                needsFolder() ? Optional.of(opened(DataFolder.open(settings.data()))) : Optional.empty();
        var master = settings.masterKey().orElseGet(() -> MasterKeyFile.readOrMake(folder.orElseThrow()));
        var database = opened(database(folder, master));
        var outbound = opened(Outbound.open(settings.egress()));
        var connectors = connectors(outbound);
        var address = "http://" + (settings.host().contains(":") ? "[" + settings.host() + "]" : settings.host()) + ":"
                + port;
        Optional<Metrics> metrics = settings.api().metricsPort().map(_ -> opened(new Metrics()));
        var app = opened(new App(
                database.database(),
                clock,
                master,
                connectors,
                new AppSettings(
                        settings.publicUrl().orElse(URI.create(address)),
                        buckets(folder),
                        settings.tasks(),
                        settings.upstream(),
                        settings.signIns(),
                        settings.idleSessions(),
                        settings.retention(),
                        settings.webhooks(),
                        new StorageSettings(settings.egress(), Retries.DEFAULT),
                        settings.subscriptions(),
                        AppSettings.Pace.STANDARD,
                        movableClock(),
                        settings.sandbox()),
                new RateLimits(settings.api().perOrganisation(), settings.api().perKey(), clock),
                metrics.map(Metrics::registry).orElseGet(CompositeMeterRegistry::new)));
        if (settings.databaseUrl().isEmpty()) {
            firstOrganisation(app, database, folder.orElseThrow());
        }
        if (settings.masterKey().isEmpty()) {
            opened(MasterKeyFile.watch(folder.orElseThrow().path(), master));
        }
        app.start();
        opened(WebServer.start(settings.host(), port, app.api()));
        url = address;
        if (metrics.isPresent()) {
            var shown = opened(WebServer.start(
                    settings.api().metricsHost(), settings.api().metricsPort().orElseThrow(), metrics.get()));
            log.info("metrics are at {}/metrics", shown.url());
        }
    }

    /// A node of a larger installation keeps nothing on its disk, unless it publishes to it.
    private boolean needsFolder() {
        return settings.databaseUrl().isEmpty() || settings.localStorage();
    }

    private Opened database(Optional<DataFolder> folder, MasterKey master) {
        var tenant = master.derive("database-role/tenant").reveal();
        var system = master.derive("database-role/system").reveal();
        Consumer<Handle> look = tx -> MasterKeys.requireOpens(tx, master, settings.masterKeyName());
        return settings.databaseUrl()
                .map(where -> Opened.external(where, settings.database(), tenant, system, look))
                .orElseGet(() -> Opened.embedded(folder.orElseThrow(), settings.database(), tenant, system, look));
    }

    private List<Connector> connectors(Outbound outbound) throws IOException {
        var connectors = new ArrayList<Connector>();
        ICloudSettings icloud;
        if (settings.icloud().isPresent()) {
            icloud = settings.icloud().get();
        } else {
            var simulated = opened(Sandbox.start("127.0.0.1", 0, clock, SandboxOptions.DEFAULT));
            sandbox = Optional.of(simulated);
            icloud = ICloudSettings.of(simulated.authUrl(), simulated.setupUrl(), simulated.homeUrl())
                    .withChina(simulated.chinaAuthUrl(), simulated.chinaSetupUrl(), simulated.chinaHomeUrl());
            connectors.add(new MockConnector());
        }
        connectors.addFirst(new ICloudConnector(outbound, icloud, clock));
        return connectors;
    }

    /// Beside the sandbox, and where only this machine can ask: everybody there lives in the same time.
    private Optional<AppSettings.Moved> movableClock() {
        return settings.icloud().isEmpty() && ServiceSettings.isLoopback(settings.host())
                ? Optional.of(new AppSettings.Moved(sandboxClock::advance, pulse))
                : Optional.empty();
    }

    private Optional<Path> buckets(Optional<DataFolder> folder) throws IOException {
        if (!settings.localStorage()) {
            return Optional.empty();
        }
        var buckets = folder.orElseThrow().path().resolve("buckets");
        Files.createDirectories(buckets);
        return Optional.of(buckets);
    }

    /// The organisation of the seed page, with one key. The token is written before the key is made: a crash
    /// between the two leaves a token that the next start gives to the key, never a key whose token nobody
    /// knows.
    private void firstOrganisation(App app, Opened database, DataFolder folder) {
        if (!database.database().system(app.organisations()::all).isEmpty()) {
            return;
        }
        var token = folder.read(TOKEN).map(Secret::new).orElseGet(() -> {
            var made = app.keys().newToken();
            folder.writeOnce(TOKEN, made.reveal());
            return made;
        });
        database.database().systemDo(tx -> {
            var organisation = app.organisations().create(tx, "Getting started", "getting-started", Scopes.ALL, false);
            app.keys().create(tx, organisation.id(), token);
        });
        firstToken = Optional.of(token);
    }

    private int freePort() throws IOException {
        try (var probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(settings.host(), settings.port()));
            return probe.getLocalPort();
        } catch (IOException e) {
            var busy = new BindException("cannot listen on " + settings.host() + ":" + settings.port() + " ("
                    + e.getMessage() + "); stop what uses the port, or choose another with --port");
            busy.initCause(e);
            throw busy;
        }
    }

    private <T extends AutoCloseable> T opened(T resource) {
        opened.push(resource);
        return resource;
    }
}
