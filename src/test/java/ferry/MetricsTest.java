package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.FileAnswers;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.junit.jupiter.api.Test;

/// What an operator's Prometheus reads of the sources.
class MetricsTest {
    @Test
    void r18TheRateOfExpiredAddressesIsAMetric() {
        var answers = new FileAnswers();
        answers.count(false);
        answers.count(true);
        answers.count(false);
        try (var metrics = new Metrics()) {
            Metrics.bind(metrics.registry(), "icloud.account", answers);

            assertThat(((PrometheusMeterRegistry) metrics.registry()).scrape())
                    .contains(
                            "ferry_file_answers_total{source_type=\"icloud.account\"} 3.0",
                            "ferry_file_addresses_expired_total{source_type=\"icloud.account\"} 1.0");
            assertThat(answers.all()).isEqualTo(3);
        }
    }
}
