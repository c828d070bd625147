package ferry;

import ferry.connector.icloud.ICloudSettings;
import ferry.crypto.CryptoException;
import ferry.crypto.MasterKey;
import ferry.crypto.Secret;
import ferry.db.DatabaseSettings;
import ferry.egress.EgressPolicy;
import ferry.erasure.Retention;
import ferry.session.SignInBudget;
import ferry.settings.Env;
import ferry.settings.SettingException;
import ferry.subscription.SubscriptionSettings;
import ferry.task.TaskSettings;
import ferry.task.UpstreamSettings;
import ferry.webhook.WebhookSettings;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/// How `serve` and `demo` start the service: read once from the environment and the command line, where the command
/// line wins. `docs/settings.md` lists every variable.
///
/// @param data the data folder
/// @param host the address to listen on
/// @param port the port to listen on, 0 for a free one
/// @param databaseUrl a JDBC URL; empty for the embedded database
/// @param masterKey given by the operator; empty to keep one in the data folder
/// @param publicUrl where clients reach the service, where that is not `http://host:port`
/// @param localStorage whether `local://` is offered
/// @param egress where outbound calls may go although the address is private
/// @param icloud where iCloud is; empty for the in-process sandbox
/// @param api rate limits and metrics
/// @param sandbox whether events may be made up, as the simulated iCloud is
public record ServiceSettings(
        Path data,
        String host,
        int port,
        Optional<String> databaseUrl,
        DatabaseSettings database,
        Optional<MasterKey> masterKey,
        Optional<URI> publicUrl,
        boolean localStorage,
        EgressPolicy egress,
        Optional<ICloudSettings> icloud,
        TaskSettings tasks,
        UpstreamSettings upstream,
        SignInBudget.Settings signIns,
        Duration idleSessions,
        Retention.Settings retention,
        WebhookSettings webhooks,
        ApiSettings api,
        SubscriptionSettings subscriptions,
        boolean sandbox) {
    private static final int DEFAULT_PORT = 8080;
    private static final int HIGHEST_PORT = 65_535;
    private static final int MOST_WORKERS = 1000;

    /// What people type.
    ///
    /// @param sandbox whether the simulated iCloud is read
    /// @param sandboxPublic whether the sandbox may go with an external database or an open host
    public record Options(
            Optional<Path> data,
            Optional<String> host,
            Optional<Integer> port,
            Optional<Integer> workers,
            boolean sandbox,
            boolean sandboxPublic) {
        public Options {
            port.ifPresent(n -> requireInRange("--port", n, HIGHEST_PORT));
            workers.ifPresent(n -> requireInRange("--workers", n, MOST_WORKERS));
        }

        private static void requireInRange(String option, int number, int most) {
            if (number < 0 || number > most) {
                throw new SettingException(
                        option + " must be a whole number from 0 to " + most + ", not '" + number + "'.");
            }
        }
    }

    /// Reads all of it.
    ///
    /// @throws SettingException naming the setting that is wrong, and what is allowed
    public static ServiceSettings read(Env env, Options options) {
        // Each variable is read whatever the command line says: one that is overridden is no unknown one.
        var sandbox = env.bool("FERRY_SANDBOX", false) || options.sandbox();
        var data = env.path("FERRY_DATA");
        int port = env.integer("FERRY_PORT", DEFAULT_PORT, 0, HIGHEST_PORT);
        var hostSetting = env.string("FERRY_HOST");
        var databaseUrl = env.string("FERRY_DATABASE_URL");
        var host = options.host().or(() -> hostSetting).orElse("127.0.0.1");
        var settings = new ServiceSettings(
                options.data().or(() -> data).orElse(Path.of("data")),
                host,
                options.port().orElse(port),
                databaseUrl,
                new DatabaseSettings(
                        env.integer("FERRY_DATABASE_POOL", 24, 4, 1000),
                        env.string("FERRY_DATABASE_ROLES").orElse("ferry")),
                env.secret(
                        "FERRY_MASTER_KEY",
                        ServiceSettings::masterKey,
                        "a key set as " + "`./ferry master-key` prints it"),
                env.uri("FERRY_PUBLIC_URL"),
                env.bool("FERRY_LOCAL_STORAGE", databaseUrl.isEmpty()),
                egress(env, sandbox),
                icloud(env, sandbox),
                tasks(env, options),
                upstream(env, sandbox),
                new SignInBudget.Settings(
                        env.integer("FERRY_SIGN_INS_PER_QUARTER", sandbox ? 10_000 : 3, 1, 100_000),
                        env.integer("FERRY_SIGN_INS_PER_HOUR", sandbox ? 10_000 : 8, 1, 100_000)),
                env.duration("FERRY_SESSION_IDLE", Duration.ofHours(24), Duration.ofMinutes(1), Duration.ofDays(60)),
                new Retention.Settings(
                        retention(env, "FERRY_RETENTION_TASKS"),
                        retention(env, "FERRY_RETENTION_EVENTS"),
                        retention(env, "FERRY_RETENTION_RESULTS"),
                        retention(env, "FERRY_RETENTION_KEYS")),
                webhooks(env, options, sandbox),
                ApiSettings.read(env),
                subscriptions(env),
                sandbox);
        // Read by logback.xml before any of this; asked for here so that a misspelt level stops the start.
        var _ = env.oneOf("FERRY_LOG_LEVEL", "INFO", List.of("ERROR", "WARN", "INFO", "DEBUG", "TRACE"));
        env.requireAllKnown();
        settings.check(sandbox, options.sandboxPublic());
        return settings;
    }

    /// Where the master key comes from, for people.
    String masterKeyName() {
        return masterKey.isPresent() ? "FERRY_MASTER_KEY" : MasterKeyFile.path(data);
    }

    /// The passwords of this service's accounts lie in a simulator for everyone to see: it goes with one
    /// machine only.
    private void check(boolean sandbox, boolean sandboxPublic) {
        if (sandbox && !sandboxPublic && (databaseUrl.isPresent() || !isLoopback(host))) {
            throw new SettingException("--sandbox goes with the embedded database on a loopback host only; "
                    + "add --sandbox-public if this is really meant.");
        }
        if (databaseUrl.isPresent() && masterKey.isEmpty()) {
            throw new SettingException("FERRY_MASTER_KEY is required with FERRY_DATABASE_URL, since all nodes need "
                    + "the same one; `./ferry master-key` prints a new one.");
        }
    }

    static boolean isLoopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException _) {
            throw new SettingException("FERRY_HOST must be an address of this machine, not " + host + ".");
        }
    }

    /// Nothing that a client or a webhook may still be waiting for is forgotten within a day.
    private static Optional<Duration> retention(Env env, String name) {
        return env.optionalDuration(name, Duration.ofDays(1), Duration.ofDays(36_500));
    }

    private static MasterKey masterKey(String text) {
        try {
            return MasterKey.of(new Secret(text));
        } catch (CryptoException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static EgressPolicy egress(Env env, boolean sandbox) {
        try {
            var policy = EgressPolicy.of(env.list("FERRY_EGRESS_ALLOW"));
            return sandbox ? policy.withLoopback() : policy;
        } catch (IllegalArgumentException e) {
            throw new SettingException("FERRY_EGRESS_ALLOW: " + e.getMessage());
        }
    }

    private static Optional<ICloudSettings> icloud(Env env, boolean sandbox) {
        var apple = ICloudSettings.apple().world();
        var auth = env.uri("FERRY_ICLOUD_AUTH_URL");
        var setup = env.uri("FERRY_ICLOUD_SETUP_URL");
        var home = env.uri("FERRY_ICLOUD_HOME_URL");
        var china = china(env);
        if (sandbox && china.isEmpty() && auth.isEmpty() && setup.isEmpty() && home.isEmpty()) {
            return Optional.empty();
        }
        var world =
                ICloudSettings.of(auth.orElse(apple.auth()), setup.orElse(apple.setup()), home.orElse(apple.home()));
        return Optional.of(china.map(it -> world.withChina(it.auth(), it.setup(), it.home()))
                .orElse(world));
    }

    private static Optional<ICloudSettings.Region> china(Env env) {
        var apple = ICloudSettings.appleChina();
        var auth = env.uri("FERRY_ICLOUD_CHINA_AUTH_URL");
        var setup = env.uri("FERRY_ICLOUD_CHINA_SETUP_URL");
        var home = env.uri("FERRY_ICLOUD_CHINA_HOME_URL");
        return auth.isEmpty() && setup.isEmpty() && home.isEmpty()
                ? Optional.empty()
                : Optional.of(new ICloudSettings.Region(
                        auth.orElse(apple.auth()), setup.orElse(apple.setup()), home.orElse(apple.home())));
    }

    private static TaskSettings tasks(Env env, Options options) {
        var normal = TaskSettings.DEFAULT;
        return new TaskSettings(
                options.workers().orElse(env.integer("FERRY_WORKERS", normal.slots(), 0, MOST_WORKERS)),
                env.integer("FERRY_TASKS_PER_SOURCE", normal.perSource(), 1, 100),
                env.duration("FERRY_HEARTBEAT", normal.heartbeat(), Duration.ofMillis(100), Duration.ofMinutes(1)),
                env.integer("FERRY_MISSED_HEARTBEATS", normal.missedHeartbeats(), 4, 100),
                normal.tick(),
                normal.reconcile(),
                normal.payloadKept(),
                normal.progressEvery(),
                normal.giveUpAfter(),
                normal.faultsAllowed(),
                normal.cancelGrace(),
                normal.stopWait());
    }

    /// A process that serves the API only sends no events either.
    private static WebhookSettings webhooks(Env env, Options options, boolean sandbox) {
        int connections = env.integer("FERRY_WEBHOOK_CONNECTIONS", 1000, 0, 10_000);
        return WebhookSettings.of(
                egress(env, sandbox),
                env.integer("FERRY_WEBHOOK_PER_ENDPOINT", 16, 2, 1000),
                options.workers().filter(n -> n == 0).orElse(connections),
                env.duration("FERRY_WEBHOOK_GIVE_UP", Duration.ofDays(5), Duration.ofHours(1), Duration.ofDays(60)));
    }

    private static SubscriptionSettings subscriptions(Env env) {
        var normal = SubscriptionSettings.DEFAULT;
        return new SubscriptionSettings(
                env.duration(
                        "FERRY_SUBSCRIPTION_SHORTEST", normal.shortest(), Duration.ofSeconds(1), Duration.ofDays(7)),
                env.duration("FERRY_SUBSCRIPTION_OVERLAP", normal.overlap(), Duration.ZERO, Duration.ofDays(30)),
                env.duration("FERRY_SESSION_WARNING", normal.warning(), Duration.ofMinutes(1), Duration.ofDays(30)),
                env.duration("FERRY_SESSION_LIFETIME", normal.lifetime(), Duration.ofHours(1), Duration.ofDays(366)));
    }

    private static UpstreamSettings upstream(Env env, boolean sandbox) {
        var normal = UpstreamSettings.DEFAULT;
        return new UpstreamSettings(
                env.integer("FERRY_UPSTREAM_RATE", sandbox ? 0 : (int) normal.rate(), 0, 100_000),
                env.integer("FERRY_UPSTREAM_LISTING", sandbox ? 4 : normal.parallelListing(), 1, 64),
                env.integer("FERRY_UPSTREAM_CONTENT", sandbox ? 8 : normal.parallelContent(), 1, 64),
                normal.longestWait());
    }
}
