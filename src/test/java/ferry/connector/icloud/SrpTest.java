package ferry.connector.icloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.icloud.web.Json;
import ferry.crypto.Secret;
import java.math.BigInteger;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SrpTest {
    private final SecureRandom random = new SecureRandom();

    @ParameterizedTest
    @CsvSource({"s2k, password", "s2k_fo, password", "s2k, pässwörd ✓ 🔑", "s2k_fo, pässwörd ✓ 🔑"})
    void theServerAcceptsTheProofOfTheRightPassword(String protocol, String password) {
        var server = SrpServer.of("jane@example.com", password, protocol);
        assertThat(proves(server, password)).isTrue();
    }

    @Test
    void theServerRefusesTheProofOfAnotherPassword() {
        var server = SrpServer.of("jane@example.com", "password", "s2k");
        assertThat(proves(server, "Password")).isFalse();
    }

    @Test
    void knownAnswersAreReproduced() throws Exception {
        var vectors = Json.MAPPER.readTree(Files.readAllBytes(Recordings.icloud("srp-vectors.json")));
        assertThat(vectors.path("vectors")).isNotEmpty();
        for (var vector : vectors.path("vectors")) {
            var challenge = new Srp.Challenge(
                    vector.path("protocol").asString(),
                    vector.path("iteration").asInt(),
                    base64(vector.path("salt").asString()),
                    base64(vector.path("B").asString()));
            var password = new Secret(vector.path("password").asString());
            try (var exchange = Srp.of(
                    HexFormat.of().parseHex(vector.path("clientPrivate_a_hex").asString()))) {
                var account = vector.path("accountName").asString();
                var proof = exchange.prove(account, password, challenge).orElseThrow();
                assertThat(Srp.derivedKey(password, challenge))
                        .isEqualTo(base64(vector.path("derivedKey").asString()));
                assertThat(exchange.clientValue())
                        .isEqualTo(base64(vector.path("A").asString()));
                assertThat(proof.m1()).isEqualTo(base64(vector.path("M1").asString()));
                assertThat(proof.m2()).isEqualTo(base64(vector.path("M2").asString()));
            }
        }
    }

    @Test
    void aServerValueWithAZeroFirstByteGivesNoProofButANewStart() {
        var challenge = new Srp.Challenge("s2k", 1, new byte[16], new byte[] {7});
        try (var exchange = Srp.start(random)) {
            assertThat(exchange.prove("jane@example.com", new Secret("password"), challenge))
                    .isEmpty();
        }
    }

    @Test
    void theClientValueNeverStartsWithAZeroByte() {
        for (var i = 0; i < 600; i++) {
            try (var exchange = Srp.start(random)) {
                assertThat(exchange.clientValue()[0]).isNotZero();
            }
        }
    }

    @Test
    void aServerValueThatIsAMultipleOfTheModulusIsRefused() {
        var challenge = new Srp.Challenge("s2k", 1, new byte[16], Srp.pad(Srp.N));
        try (var exchange = Srp.start(random)) {
            assertThatThrownBy(() -> exchange.prove("jane@example.com", new Secret("password"), challenge))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1_000_001})
    void unreasonableRoundsAreRefused(int rounds) {
        assertThatThrownBy(() -> new Srp.Challenge("s2k", rounds, new byte[16], new byte[256]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anUnknownProtocolIsRefused() {
        assertThatThrownBy(() -> new Srp.Challenge("s3k", 1, new byte[16], new byte[256]))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void numbersAreWrittenInExactly256Bytes() {
        assertThat(Srp.pad(BigInteger.ONE)).hasSize(256).endsWith(1).startsWith(0);
        assertThat(Srp.pad(Srp.N)).hasSize(256).startsWith(0xAC, 0x6B);
    }

    private boolean proves(SrpServer server, String password) {
        while (true) {
            try (var exchange = Srp.start(random)) {
                var challenge = new Srp.Challenge(server.protocol(), server.iterations(), server.salt(), server.open());
                var proof = exchange.prove("jane@example.com", new Secret(password), challenge);
                if (proof.isPresent()) {
                    return server.accepts(
                            exchange.clientValue(),
                            proof.orElseThrow().m1(),
                            proof.orElseThrow().m2());
                }
            }
        }
    }

    private static byte[] base64(String text) {
        return Base64.getDecoder().decode(text);
    }
}
