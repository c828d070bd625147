package ferry.settings;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.core.joran.spi.JoranException;
import ch.qos.logback.core.status.Status;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;

class LogLevelTest {
    @Test
    void itIsInfoUnlessSet() throws JoranException {
        assertThat(configured("DEBUG").getLogger("ferry.poll").getEffectiveLevel())
                .isEqualTo(Level.DEBUG);
        assertThat(configured("").getLogger("ferry.poll").getEffectiveLevel()).isEqualTo(Level.INFO);
    }

    @Test
    void librariesSpeakOnlyOfTrouble() throws JoranException {
        var context = configured("DEBUG");
        for (var name : List.of(
                "org.apache.hc.client5.http.headers",
                "org.flywaydb.core.Flyway",
                "io.zonky.test.db.postgres.embedded.EmbeddedPostgres",
                "com.zaxxer.hikari.pool.HikariPool",
                "com.github.kagkarlsson.scheduler.Scheduler",
                "io.helidon.webserver.WebServer")) {
            assertThat(context.getLogger(name).getEffectiveLevel()).isEqualTo(Level.WARN);
        }
    }

    /// What `logback.xml` makes of `level`, which a context's own property stands in for here.
    private static LoggerContext configured(String level) throws JoranException {
        var context = new LoggerContext();
        context.putProperty("FERRY_LOG_LEVEL", level);
        var configurator = new JoranConfigurator();
        configurator.setContext(context);
        configurator.doConfigure(LogLevelTest.class.getResource("/logback.xml"));
        assertThat(context.getStatusManager().getCopyOfStatusList())
                .noneMatch(status -> status.getEffectiveLevel() >= Status.WARN);
        assertThat(context.getLogger(Logger.ROOT_LOGGER_NAME).iteratorForAppenders())
                .hasNext();
        return context;
    }
}
