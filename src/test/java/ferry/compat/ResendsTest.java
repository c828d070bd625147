package ferry.compat;

import static ferry.compat.Shapes.id;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Blind re-sends (ricloud-api 1.3, design 4): each create is done, its answer is lost three times, and the client
/// sends it again each time; exactly one resource is there.
@ExtendWith(FerryServer.class)
class ResendsTest {
    private final FerryServer.Running server;
    private final RicloudPy client;

    ResendsTest(FerryServer.Running server) {
        this.server = server;
        this.client = server.client();
    }

    @ParameterizedTest
    @EnumSource
    void aUserIsMadeOnce(ForgetfulProxy.Loss loss) throws IOException {
        madeOnce(loss, "/users", "{'identifier': 'resent " + loss + "'}");
    }

    @ParameterizedTest
    @EnumSource
    void aSourceIsMadeOnce(ForgetfulProxy.Loss loss) throws IOException {
        madeOnce(
                loss,
                "/sources",
                "{'user': '" + client.user("resent source") + "', 'type': 'mocks.mock', 'identifier': '" + loss + "'}");
    }

    @ParameterizedTest
    @EnumSource
    void aSessionIsMadeOnce(ForgetfulProxy.Loss loss) throws IOException {
        madeOnce(loss, "/sessions", """
                {'source': {'user': '%s', 'type': 'mocks.mock', 'identifier': '%s'}, 'payload': {'password': 'x'}}""".formatted(client.user("resent session"), loss));
    }

    @ParameterizedTest
    @EnumSource
    void aPollIsMadeOnce(ForgetfulProxy.Loss loss) throws IOException {
        madeOnce(loss, "/polls", "{'payload': {'info_types': ['*']}, 'session': '" + session(loss) + "'}");
    }

    @ParameterizedTest
    @EnumSource
    void aStorageConfigIsMadeOnce(ForgetfulProxy.Loss loss) throws IOException {
        madeOnce(
                loss,
                "/configs/storage",
                "{'url': 'local://compatibility/resent-" + word(loss) + "', 'credentials': {}}");
    }

    @ParameterizedTest
    @EnumSource
    void aWebhookConfigIsMadeOnce(ForgetfulProxy.Loss loss) throws IOException {
        madeOnce(loss, "/configs/webhook", "{'url': 'http://127.0.0.1:9/" + loss + "'}");
    }

    @ParameterizedTest
    @EnumSource
    void aKeyIsMadeOnce(ForgetfulProxy.Loss loss) throws IOException {
        madeOnce(loss, "/keys", "{'permissions': {'source_type:mocks." + word(loss) + "': []}}");
    }

    @ParameterizedTest
    @EnumSource
    void aPermissionIsMadeOnce(ForgetfulProxy.Loss loss) throws IOException {
        madeOnce(loss, "/permissions", "{'identifier': 'resent " + loss + "', 'scopes': {'source_type:mocks.*': []}}");
    }

    @ParameterizedTest
    @EnumSource
    void aSubscriptionIsMadeOnce(ForgetfulProxy.Loss loss) throws IOException {
        madeOnce(
                loss,
                "/subscriptions",
                "{'session': '" + session(loss) + "', 'poll_payload': {'info_types': ['*']}, 'interval': 86400}");
    }

    private void madeOnce(ForgetfulProxy.Loss loss, String path, String body) throws IOException {
        try (var proxy = new ForgetfulProxy(server.url(), loss)) {
            var before = total(path);
            var made = new RicloudPy(proxy.url(), server.token()).post(path, body);
            assertThat(proxy.tries(body.replace('\'', '"'))).isEqualTo(1 + RicloudPy.MAX_RETRIES);
            assertThat(total(path)).isEqualTo(before + 1);
            assertThat(id(client.latest(path, "limit", "1"))).isEqualTo(id(made));
        }
    }

    /// Bodies differ, so that one case is no repeat of the other.
    private static String word(ForgetfulProxy.Loss loss) {
        return switch (loss) {
            case BAD_GATEWAY -> "refused";
            case CUT -> "cut";
        };
    }

    private long total(String path) {
        return client.list(path, "limit", "1").at("/total_count").asLong();
    }

    private String session(ForgetfulProxy.Loss loss) {
        return id(client.session(
                client.user("resent poll"), "mocks.mock", "resent " + word(loss), Map.of("password", "x")));
    }
}
