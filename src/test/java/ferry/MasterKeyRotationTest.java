package ferry;

import static ferry.testing.Eventually.eventually;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.access.MasterKeys;
import ferry.access.Scopes;
import ferry.audit.Audit;
import ferry.cli.CommandFailed;
import ferry.crypto.MasterKey;
import ferry.testing.TestApp;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/// The master key of two nodes is exchanged step by step, and at no step does one of them meet what it cannot open.
class MasterKeyRotationTest {
    private static final String JOHN = "john.appleseed@sandbox.example";

    @Test
    void twoNodesGetANewMasterKeyWhileTheyWork() throws Exception {
        try (var app = TestApp.start();
                var other = app.logins().open(8)) {
            var keys = new MasterKeys(app.clock());
            var rotation = new MasterKeyRotation(app.db(), keys, new Audit(app.clock()));
            var client = app.client();
            var session = client.activeSession(JOHN);
            client.storage("local://rotation/results");
            var result = client.completedPoll(session, "'data_types': ['icpl.photos']")
                    .at("/results/data/0");
            var id = JsonMapper.builder()
                    .build()
                    .readTree(Files.readString(
                            Path.of(result.at("/url").asString().replace("local://", ""))))
                    .at("/data/0/files/0/id")
                    .asString();
            var download = URI.create(result.at("/signed_url/url").asString()).getRawPath();
            var later = client.user("later");
            client.session(later, "icloud.account", JOHN, "'password': 'password'");
            var old = app.master().primary();

            // Step 1: a key that waits. No node has it, then one has.
            var staged = MasterKeyRotation.staged(app.master());
            assertThat(MasterKeyRotation.staged(staged)).isSameAs(staged);
            try (var _ = app.node(other, copy(app.master()))) {
                assertRefused(() -> rotation.promote(staged), "2 running nodes do not hold");
                app.master().adopt(staged);
                eventually("one node has it", () -> lacking(rotation, staged) == 1);
                assertRefused(() -> rotation.promote(staged), "1 running nodes do not hold");
                assertThat(uses(app, keys)).isEqualTo(Map.of(old, 1L));
            }

            try (var node = app.node(other, copy(staged))) {
                eventually("both have it", () -> lacking(rotation, staged) == 0);
                // Step 2. The node has opened nothing yet: it opens all of it sealed under the new key.
                var promoted = rotation.promote(staged);
                assertThat(uses(app, keys)).isEqualTo(Map.of(promoted.primary(), 1L));
                assertThat(audited(app)).isEqualTo(1);
                assertThat(rotation.promote(staged).primary()).isEqualTo(promoted.primary());
                assertThat(audited(app)).isEqualTo(1);
                var there = client.at(node.url());
                assertThat(there.completedPoll(session, "'files': ['" + id + "']")
                                .at("/results/total_count")
                                .asInt())
                        .isEqualTo(1);
                assertThat(there.session(later, "icloud.account", JOHN, "'code': '123456'")
                                .at("/state")
                                .asString())
                        .isEqualTo("active");
                assertThat(there.get(download).status()).isEqualTo(200);

                // Step 3 comes too early: both nodes would still seal under the old key, and one does.
                assertRefused(() -> rotation.retire(promoted, old), "2 running nodes still seal");
                app.organisation("In between", Scopes.ALL);
                assertThat(uses(app, keys)).isEqualTo(Map.of(promoted.primary(), 1L, old, 1L));
            }

            var promoted = staged.promoted();
            app.master().adopt(promoted);
            assertRefused(() -> rotation.retire(promoted, promoted.primary()), "rotate first");
            assertRefused(() -> rotation.retire(promoted, "00000000"), "There is no master key");
            try (var _ = app.node(other, copy(promoted))) {
                eventually(
                        "nobody seals under the old key",
                        () -> app.db().<List<MasterKeys.Holder>>system(keys::holders).stream()
                                .noneMatch(node -> node.primary().equals(old)));
                var rest = rotation.retire(promoted, old);
                assertThat(rest.ids()).containsExactly(promoted.primary());
                assertThat(uses(app, keys)).isEqualTo(Map.of(promoted.primary(), 2L));
                assertThat(rotation.retire(promoted, old).ids()).isEqualTo(rest.ids());
            }
            try (var node = app.node(other, copy(promoted.without(old)))) {
                assertThat(client.at(node.url())
                                .completedPoll(session, "'info_types': ['icloud.account']")
                                .at("/results/total_count")
                                .asInt())
                        .isEqualTo(1);
            }
        }
    }

    private static MasterKey copy(MasterKey key) {
        return MasterKey.of(key.text());
    }

    private static int lacking(MasterKeyRotation rotation, MasterKey staged) {
        return rotation.lacking(staged.waiting().orElseThrow()).size();
    }

    private static Map<String, Long> uses(TestApp app, MasterKeys keys) {
        return app.db().system(keys::uses);
    }

    private static long audited(TestApp app) {
        return app.db()
                .system(tx -> tx.createQuery("select count(*) from audit where action = 'master_key.rotate'")
                        .mapTo(long.class)
                        .one());
    }

    private static void assertRefused(Runnable step, String why) {
        assertThatThrownBy(step::run).isInstanceOf(CommandFailed.class).hasMessageContaining(why);
    }
}
