package ferry.crash;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.Organisations;
import ferry.access.Scopes;
import ferry.crypto.MasterKey;
import ferry.db.DatabaseSettings;
import ferry.db.Opened;
import ferry.key.Keys;
import ferry.sandbox.Sandbox;
import ferry.sandbox.SandboxOptions;
import ferry.testing.Databases;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/// Two worker processes on one database, with the heartbeats they have by default.
@EnabledIfSystemProperty(named = "ferry.slow", matches = "true")
class RecoveryTest {
    private static final Duration MOST = Duration.ofSeconds(10);
    private static final int KILLS = 4;
    private static final String ROLES = "recovery";

    private final Clock clock = Clock.systemUTC();
    private final MasterKey master = MasterKey.generate(new SecureRandom());
    private final Map<String, String> environment = new HashMap<>();
    private Path folder;
    private Sandbox sandbox;
    private String token;

    @BeforeEach
    void start() throws Exception {
        folder = Files.createTempDirectory("ferry-recovery");
        sandbox = Sandbox.start(
                "127.0.0.1", 0, clock, SandboxOptions.DEFAULT.withLatency("ckdatabasews", Duration.ofMillis(100)));
        var owner = Databases.empty().owner();
        var url = owner.url() + "?user=" + owner.user() + "&password=" + owner.password();
        environment.putAll(Map.of(
                "FERRY_ICLOUD_AUTH_URL",
                sandbox.authUrl().toString(),
                "FERRY_ICLOUD_SETUP_URL",
                sandbox.setupUrl().toString(),
                "FERRY_ICLOUD_HOME_URL",
                sandbox.homeUrl().toString(),
                "FERRY_EGRESS_ALLOW",
                "127.0.0.0/8:*",
                "FERRY_UPSTREAM_RATE",
                "0",
                "FERRY_DATABASE_URL",
                url,
                "FERRY_DATABASE_ROLES",
                ROLES,
                "FERRY_MASTER_KEY",
                master.text().reveal(),
                "FERRY_LOCAL_STORAGE",
                "true"));
        try (var opened = Opened.external(
                url,
                new DatabaseSettings(4, ROLES),
                master.derive("database-role/tenant").reveal(),
                master.derive("database-role/system").reveal())) {
            token = opened.database().system(tx -> {
                var made = new Organisations(clock, master.sealer()).create(tx, "Two", "two", Scopes.ALL, false);
                return new Keys(opened.database(), clock)
                        .create(tx, made.id())
                        .token()
                        .reveal();
            });
        }
    }

    @AfterEach
    void stop() throws Exception {
        sandbox.close();
        try (var all = Files.walk(folder)) {
            for (var path : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }

    private ServerProcess server(String name) throws Exception {
        return ServerProcess.start(folder.resolve(name), folder.resolve(name + ".log"), environment);
    }

    private long pages() {
        return sandbox.journal().count(entry -> entry.path().endsWith("records/query"));
    }

    @Test
    void aKilledWorkersTaskMovesOnAnotherWithinTenSeconds() throws Exception {
        var working = server("a");
        try {
            var client = working.client(token);
            client.storage("local://recovery/results");
            var session = client.activeSession("big@sandbox.example");
            client.post("/polls", "{'session': '" + session + "', 'payload': {'data_types': ['icpl.photos']}}")
                    .expect(201);
            ServerProcess.patiently("it lists", () -> pages() > 5);
            for (int kill = 1; kill <= KILLS; kill++) {
                var other = server("other-" + kill);
                working.kill();
                working = other;
                long killed = System.nanoTime();
                // What the killed one had still asked for is answered by then.
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
                long before = pages();
                ServerProcess.patiently("the other one lists", () -> pages() > before);
                var waited = Duration.ofNanos(System.nanoTime() - killed);
                System.out.printf(
                        "worker kill %d: its task moves on another after %.1f s%n", kill, waited.toMillis() / 1e3);
                assertThat(waited).isLessThan(MOST);
                long now = pages();
                ServerProcess.patiently("and goes on", () -> pages() > now + 3);
            }
        } finally {
            working.close();
        }
    }
}
