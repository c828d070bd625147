package ferry.crash;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/// Workers die and stall at moments that a seed decides, and whatever is left is compared with the model.
///
/// 25 seeds in a normal run; `bench/crash` runs a thousand. `-Dferry.seeds=17` runs that one, `-Dferry.seeds=1-200`
/// these.
class WorkerDeathTest {
    /// The dead and their database complain without end.
    private final Logger logs = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);

    private final Level level = logs.getLevel();

    @BeforeEach
    void silence() {
        logs.setLevel(Level.toLevel(System.getProperty("ferry.crash.log"), Level.OFF));
    }

    @AfterEach
    void speak() {
        logs.setLevel(level);
    }

    @Test
    void whateverDiesOrStallsNothingIsLostDoubledOrOverwritten() throws Exception {
        new SeededDeaths("WorkerDeathTest")
                .run(SeededDeaths.seeds(25, 1000), number -> folder -> Store.Local.in(folder, "crash-" + number));
    }
}
