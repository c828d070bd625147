package ferry.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class EnvTest {
    private final Env env = new Env(Map.of(
            "FERRY_N",
            " 7 ",
            "FERRY_D",
            "10m",
            "FERRY_B",
            "true",
            "FERRY_P",
            "a/b",
            "FERRY_U",
            "https://h:1/x",
            "FERRY_L",
            "a, b,,c",
            "FERRY_BLANK",
            " ",
            "FERRY_BAD",
            "many",
            "HOME",
            "/"));

    @Test
    void everyKindIsRead() {
        assertThat(env.integer("FERRY_N", 1, 0, 9)).isEqualTo(7);
        assertThat(env.duration("FERRY_D", Duration.ZERO, Duration.ZERO, Duration.ofHours(1)))
                .isEqualTo(Duration.ofMinutes(10));
        assertThat(env.bool("FERRY_B", false)).isTrue();
        assertThat(env.oneOf("FERRY_P", "", List.of("x", "A/B"))).isEqualTo("A/B");
        assertThat(env.path("FERRY_P")).contains(Path.of("a/b"));
        assertThat(env.uri("FERRY_U")).contains(URI.create("https://h:1/x"));
        assertThat(env.list("FERRY_L")).containsExactly("a", "b", "c");
    }

    @Test
    void whatIsUnsetOrBlankHasItsDefault() {
        assertThat(env.integer("FERRY_BLANK", 3, 0, 9)).isEqualTo(3);
        assertThat(env.string("FERRY_NONE")).isEmpty();
        assertThat(env.list("FERRY_NONE")).isEmpty();
    }

    @Test
    void aBadValueIsNamedWithWhatIsAllowed() {
        refused(() -> env.integer("FERRY_BAD", 1, 0, 9), "FERRY_BAD", "many", "0 to 9");
        refused(() -> env.integer("FERRY_N", 1, 0, 6), "FERRY_N", "'7'", "0 to 6");
        refused(() -> env.duration("FERRY_BAD", Duration.ZERO, Duration.ZERO, Duration.ofSeconds(5)), "many", "5s");
        refused(() -> env.duration("FERRY_D", Duration.ZERO, Duration.ZERO, Duration.ofSeconds(5)), "10m", "5s");
        refused(() -> env.bool("FERRY_BAD", true), "FERRY_BAD", "true or false");
        refused(() -> env.oneOf("FERRY_BAD", "A", List.of("A", "B")), "FERRY_BAD", "'many'", "one of A, B");
        refused(() -> env.uri("FERRY_BAD"), "FERRY_BAD", "https");
    }

    @Test
    void aSecretIsNeverShown() {
        assertThatThrownBy(() -> env.secret("FERRY_BAD", EnvTest::refuse, "64 hexadecimal digits"))
                .isInstanceOf(SettingException.class)
                .hasMessageContainingAll("FERRY_BAD", "64 hexadecimal digits")
                .hasMessageNotContaining("many")
                .hasNoCause();
    }

    @Test
    void aUrlWithAPasswordIsRefusedUnseen() {
        var other = new Env(Map.of("FERRY_U", "https://me:hunter2@h"));
        assertThatThrownBy(() -> other.uri("FERRY_U"))
                .isInstanceOf(SettingException.class)
                .hasMessageNotContaining("hunter2");
    }

    @Test
    void anUnknownVariableStopsTheStart() {
        var other = new Env(Map.of("FERRY_PROT", "80", "FERRY_HOST", "h", "PATH", "/"));
        var _ = other.string("FERRY_HOST");
        var _ = other.string("FERRY_PORT");
        refused(other::requireAllKnown, "FERRY_PROT", "FERRY_HOST, FERRY_PORT");
    }

    private static void refused(ThrowingCallable reading, String... parts) {
        assertThatThrownBy(reading)
                .isInstanceOf(SettingException.class)
                .satisfies(e -> List.of(parts).forEach(part -> assertThat(e).hasMessageContaining(part)));
    }

    private static String refuse(String value) {
        throw new IllegalArgumentException("not " + value);
    }
}
