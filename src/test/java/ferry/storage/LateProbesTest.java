package ferry.storage;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.TestApp;
import java.nio.file.Files;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class LateProbesTest {
    @Test
    void whatAnAttemptWroteLateIsDeletedAndNothingElse() throws Exception {
        try (var app = TestApp.start()) {
            app.client().storage("local://late/results");
            UUID test = app.db()
                    .system(tx -> tx.createQuery("update task set attempt = 2 where type = :type returning id")
                            .bind("type", TestStorage.TYPE)
                            .mapTo(UUID.class)
                            .one());
            var folder = app.buckets().resolve("late/results");
            var late = Files.writeString(folder.resolve(".ferry-probe-" + test + "-1"), "late");
            var other = Files.writeString(folder.resolve(".ferry-probe-" + UUID.randomUUID() + "-1"), "not ours");

            new LateProbes(app.db(), new StorageConfigs(app.clock()), app.publishers(), app.clock())
                    .sweep(Duration.ofDays(1));

            assertThat(late).doesNotExist();
            assertThat(other).exists();
        }
    }
}
