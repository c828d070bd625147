package ferry;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.settings.Env;
import ferry.settings.SettingException;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LogLevelSettingTest {
    @Test
    void aMisspeltLevelStopsTheStart() {
        assertThatCode(() -> read("debug")).doesNotThrowAnyException();
        assertThatThrownBy(() -> read("verbose"))
                .isInstanceOf(SettingException.class)
                .hasMessageContainingAll("FERRY_LOG_LEVEL", "WARN", "'verbose'");
    }

    private static void read(String level) {
        ServiceSettings.read(
                new Env(Map.of("FERRY_LOG_LEVEL", level)),
                new ServiceSettings.Options(
                        Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), false, false));
    }
}
