package ferry.testing;

import ferry.App;
import ferry.AppSettings;
import ferry.access.OrgId;
import ferry.access.Scopes;
import ferry.access.Vault;
import ferry.connector.Connector;
import ferry.connector.icloud.ICloudConnector;
import ferry.connector.icloud.ICloudSettings;
import ferry.connector.mock.MockConnector;
import ferry.crypto.MasterKey;
import ferry.db.Database;
import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import ferry.erasure.Retention;
import ferry.http.WebServer;
import ferry.sandbox.Sandbox;
import ferry.sandbox.SandboxOptions;
import ferry.session.SignInBudget;
import ferry.storage.Lanes;
import ferry.storage.LocalBuckets;
import ferry.storage.PartBuffers;
import ferry.storage.Publishers;
import ferry.storage.Reach;
import ferry.storage.Retries;
import ferry.storage.StorageSettings;
import ferry.subscription.SubscriptionSettings;
import ferry.task.TaskSettings;
import ferry.task.UpstreamSettings;
import ferry.webhook.WebhookSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/// The whole service on a real database, a real port and a real folder, beside a sandbox: what a user runs, but
/// for the command line. Made by [#start]; closed by the test.
public final class TestApp implements AutoCloseable {
    /// Fast heartbeats, so that what a dead worker leaves moves within a moment.
    public static final TaskSettings TASKS = new TaskSettings(
            8,
            2,
            Duration.ofMillis(200),
            4,
            Duration.ofMillis(100),
            Duration.ofSeconds(1),
            Duration.ofMinutes(2),
            Duration.ofMillis(200),
            20,
            4,
            Duration.ofSeconds(2),
            Duration.ofSeconds(10));

    /// What follows from a request is there within a moment.
    private static final AppSettings.Pace PACE =
            new AppSettings.Pace(Duration.ofMillis(100), Duration.ofMillis(50), Duration.ofMillis(100));

    private static final Retries RETRIES = new Retries(3, Duration.ofMillis(5), Duration.ofMillis(20));

    private static final MasterKey MASTER = MasterKey.generate(new SecureRandom());

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final TestClock clock = new TestClock();
    private final Path folder;
    private final MasterKey master = MasterKey.of(MASTER.text());
    private final Databases.Logins logins;
    private final Database db;
    private final Outbound outbound;
    private final Setup setup;
    private final Sandbox sandbox;
    private final App app;
    private final WebServer server;
    private final Organisation first;

    /// An organisation and a client with its token.
    public record Organisation(OrgId id, Client client) {}

    /// What a test may set.
    ///
    /// @param connectors beside `mocks.mock`; empty for the sandbox's iCloud
    public record Setup(
            SandboxOptions sandbox,
            TaskSettings tasks,
            SignInBudget.Settings signIns,
            List<Connector> connectors,
            Optional<ICloudSettings> icloud,
            Retention.Settings retention,
            WebhookSettings webhooks,
            AppSettings.Pace pace) {
        /// As `serve --sandbox`, with fast heartbeats.
        public static final Setup DEFAULT = new Setup(
                SandboxOptions.DEFAULT,
                TASKS,
                new SignInBudget.Settings(10_000, 10_000),
                List.of(),
                Optional.empty(),
                Retention.Settings.KEEP,
                WebhookSettings.of(EgressPolicy.of(List.of()).withLoopback(), 8, 200, Duration.ofDays(5)),
                PACE);

        /// Another sandbox.
        public Setup sandbox(SandboxOptions options) {
            return new Setup(options, tasks, signIns, connectors, icloud, retention, webhooks, pace);
        }

        /// Another budget of sign-ins.
        public Setup signIns(int perQuarter, int perHour) {
            return new Setup(
                    sandbox,
                    tasks,
                    new SignInBudget.Settings(perQuarter, perHour),
                    connectors,
                    icloud,
                    retention,
                    webhooks,
                    pace);
        }

        /// One more connector.
        public Setup connector(Connector connector) {
            var all = new ArrayList<>(connectors);
            all.add(connector);
            return new Setup(sandbox, tasks, signIns, List.copyOf(all), icloud, retention, webhooks, pace);
        }

        /// Something that is forgotten with age.
        public Setup retention(Retention.Settings settings) {
            return new Setup(sandbox, tasks, signIns, connectors, icloud, settings, webhooks, pace);
        }

        /// Another iCloud than the sandbox's.
        public Setup icloud(ICloudSettings other) {
            return new Setup(sandbox, tasks, signIns, connectors, Optional.of(other), retention, webhooks, pace);
        }

        /// Other webhooks.
        public Setup webhooks(WebhookSettings other) {
            return new Setup(sandbox, tasks, signIns, connectors, icloud, retention, other, pace);
        }

        /// Another pace, such as that of a service in earnest.
        public Setup pace(AppSettings.Pace other) {
            return new Setup(sandbox, tasks, signIns, connectors, icloud, retention, webhooks, other);
        }
    }

    private TestApp(Setup setup) throws IOException {
        this.folder = Files.createTempDirectory("ferry-test");
        this.setup = setup;
        this.logins = Databases.freshLogins();
        this.db = opened(logins.open(12));
        this.sandbox = opened(Sandbox.start("127.0.0.1", 0, clock, setup.sandbox()));
        this.outbound = opened(Outbound.open(EgressPolicy.of(List.of()).withLoopback()));
        Files.createDirectory(buckets());
        this.app = opened(app(db, master));
        this.server = opened(WebServer.start("127.0.0.1", 0, app.api()));
        this.first = organisation("First", Scopes.ALL);
        app.start();
    }

    /// Another node of the same service, on the same clock, sandbox and buckets. Closed by the test.
    ///
    /// @param app what answers there
    public record Node(App app, WebServer server) implements AutoCloseable {
        /// Where it answers.
        public String url() {
            return server.url();
        }

        @Override
        public void close() {
            server.close();
            app.close();
        }
    }

    /// Starts another node on a database, which stays the test's to close.
    public Node node(Database database, MasterKey master) throws IOException {
        var node = app(database, master);
        node.start();
        return new Node(node, WebServer.start("127.0.0.1", 0, node.api()));
    }

    private App app(Database database, MasterKey master) throws IOException {
        var icloud = setup.icloud()
                .orElseGet(() -> ICloudSettings.of(sandbox.authUrl(), sandbox.setupUrl(), sandbox.homeUrl())
                        .withChina(sandbox.chinaAuthUrl(), sandbox.chinaSetupUrl(), sandbox.chinaHomeUrl()));
        var connectors = new ArrayList<Connector>(setup.connectors());
        connectors.add(new MockConnector());
        connectors.add(new ICloudConnector(outbound, icloud, clock));
        return new App(
                database,
                clock,
                master,
                connectors,
                new AppSettings(
                        URI.create("http://127.0.0.1"),
                        Optional.of(buckets().toRealPath()),
                        setup.tasks(),
                        new UpstreamSettings(0, 4, 8, Duration.ofSeconds(5)),
                        setup.signIns(),
                        Duration.ofHours(24),
                        setup.retention(),
                        setup.webhooks(),
                        new StorageSettings(EgressPolicy.of(List.of()).withLoopback(), RETRIES),
                        SubscriptionSettings.DEFAULT,
                        setup.pace(),
                        Optional.of(new AppSettings.Moved(clock::advance, InstantSource.system())),
                        true));
    }

    /// The master key that this node holds.
    public MasterKey master() {
        return master;
    }

    /// How to sign in to its database.
    public Databases.Logins logins() {
        return logins;
    }

    /// Starts with the defaults.
    public static TestApp start() {
        return start(setup -> setup);
    }

    /// Starts with something else than the defaults.
    public static TestApp start(UnaryOperator<Setup> change) {
        try {
            return new TestApp(change.apply(Setup.DEFAULT));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A client with the first organisation's token.
    public Client client() {
        return first.client();
    }

    /// The first organisation.
    public Organisation first() {
        return first;
    }

    /// Makes another organisation, with a client of its own.
    public Organisation organisation(String name, Scopes scopes) {
        var slug = name.toLowerCase(Locale.ROOT).replace(' ', '-');
        return db.system(tx -> {
            var made = app.organisations().create(tx, name, slug, scopes, false);
            var key = app.keys().create(tx, made.id());
            return new Organisation(
                    made.id(), new Client(server.url(), key.token().reveal()));
        });
    }

    /// Makes another key of an organisation, with a client of its own.
    public Client key(Organisation organisation) {
        return new Client(server.url(), token(organisation));
    }

    /// Makes another key of an organisation.
    ///
    /// @return its token
    public String token(Organisation organisation) {
        return db.system(tx -> app.keys().create(tx, organisation.id()).token().reveal());
    }

    /// The service itself.
    public App app() {
        return app;
    }

    /// Starts another node on the same database.
    public App another() throws IOException {
        var other = opened(app(db, master));
        other.start();
        return other;
    }

    /// The simulated iCloud.
    public Sandbox sandbox() {
        return sandbox;
    }

    /// The service's and the sandbox's clock.
    public TestClock clock() {
        return clock;
    }

    /// The database itself, for looking behind the API.
    public Database db() {
        return db;
    }

    /// Publishers to all that its configs name, for a test that looks into buckets or runs a duty at its own time.
    /// Requests are signed by the real clock.
    public Publishers publishers() throws IOException {
        var reach = new Reach(outbound, InstantSource.system(), RETRIES, new PartBuffers(2), new Lanes.ToBuckets());
        var vault = new Vault(db, app.organisations(), master.sealer());
        return new Publishers(
                Optional.of(new Publishers.Local(buckets().toRealPath(), db, new LocalBuckets(clock))),
                Optional.of(new Publishers.Cloud(vault, reach)));
    }

    /// The folder of all local buckets.
    public Path buckets() {
        return folder.resolve("buckets");
    }

    /// Every route as `METHOD /path`.
    public List<String> routes() {
        return app.api().routes().list();
    }

    /// Where the API answers.
    public String url() {
        return server.url();
    }

    @Override
    public void close() {
        try {
            for (var resource : opened.reversed()) {
                resource.close();
            }
            try (Stream<Path> all = Files.walk(folder)) {
                for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        } catch (Exception e) {
            throw new IllegalStateException("the service did not stop cleanly", e);
        }
    }

    private <T extends AutoCloseable> T opened(T resource) {
        opened.add(resource);
        return resource;
    }
}
