package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.settings.Env;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ServiceSettingsTest {
    @Test
    void theCommandLineWinsOverTheEnvironment() {
        var variables = new HashMap<String, String>();
        variables.put("FERRY_DATA", "there");
        variables.put("FERRY_HOST", "127.0.0.2");
        variables.put("FERRY_PORT", "8081");
        variables.put("FERRY_WORKERS", "3");
        variables.put("FERRY_SANDBOX", "true");
        var settings = ServiceSettings.read(
                new Env(variables),
                new ServiceSettings.Options(
                        Optional.of(Path.of("here")),
                        Optional.of("127.0.0.1"),
                        Optional.of(0),
                        Optional.of(5),
                        true,
                        false));
        assertThat(settings.data()).isEqualTo(Path.of("here"));
        assertThat(settings.host()).isEqualTo("127.0.0.1");
        assertThat(settings.port()).isZero();
        assertThat(settings.tasks().slots()).isEqualTo(5);
    }

    @Test
    void howTasksAreWorkedOnIsASetting() {
        var tasks = ServiceSettings.read(
                        new Env(Map.of(
                                "FERRY_TASKS_PER_SOURCE", "4",
                                "FERRY_HEARTBEAT", "500ms",
                                "FERRY_MISSED_HEARTBEATS", "6")),
                        new ServiceSettings.Options(
                                Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), false, false))
                .tasks();
        assertThat(tasks.perSource()).isEqualTo(4);
        assertThat(tasks.heartbeat()).isEqualTo(Duration.ofMillis(500));
        assertThat(tasks.missedHeartbeats()).isEqualTo(6);
    }
}
