package ferry.access;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.crypto.MasterKey;
import ferry.crypto.Secret;
import ferry.testing.Databases;
import ferry.testing.TestClock;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class VaultTest {
    private static final int CONNECTIONS = 3;
    /// Less than one waits for a connection.
    private static final Duration SOON = Duration.ofSeconds(20);

    @Test
    void keysAreOpenedWhileEveryConnectionOfTheTenantsIsHeld() throws Exception {
        var master = MasterKey.generate(new SecureRandom()).sealer();
        var organisations = new Organisations(new TestClock(), master);
        try (var db = Databases.freshLogins().open(CONNECTIONS);
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var vault = new Vault(db, organisations, master);
            var all = new CyclicBarrier(CONNECTIONS);
            var opened = new ArrayList<Future<String>>();
            for (int i = 0; i < CONNECTIONS; i++) {
                var slug = "number-" + i;
                var id = db.system(tx ->
                        organisations.create(tx, slug, slug, Scopes.ALL, false).id());
                opened.add(threads.submit(() -> db.tenant(id, _ -> {
                    meet(all);
                    return vault.open(id, vault.seal(id, new Secret(slug), "test"), "test")
                            .reveal();
                })));
            }
            for (int i = 0; i < CONNECTIONS; i++) {
                assertThat(opened.get(i).get(SOON.toSeconds(), TimeUnit.SECONDS))
                        .isEqualTo("number-" + i);
            }
        }
    }

    private static void meet(CyclicBarrier all) {
        try {
            all.await(SOON.toSeconds(), TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
