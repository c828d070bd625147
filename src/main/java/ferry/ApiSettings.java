package ferry;

import ferry.http.Rate;
import ferry.settings.Env;
import ferry.settings.SettingException;
import java.util.Optional;

/// How much is asked of the API, and where its metrics are read.
///
/// @param perOrganisation requests of one organisation (`FERRY_RATE_LIMIT_ORGANISATION`); empty for no limit
/// @param perKey requests of one key (`FERRY_RATE_LIMIT_KEY`); empty for no limit
/// @param metricsHost the address that `/metrics` listens on (`FERRY_METRICS_HOST`)
/// @param metricsPort its port, 0 for a free one (`FERRY_METRICS_PORT`); empty for none
public record ApiSettings(
        Optional<Rate> perOrganisation, Optional<Rate> perKey, String metricsHost, Optional<Integer> metricsPort) {
    static ApiSettings read(Env env) {
        int port = env.integer("FERRY_METRICS_PORT", -1, 0, 65_535);
        return new ApiSettings(
                rate(env, "FERRY_RATE_LIMIT_ORGANISATION"),
                rate(env, "FERRY_RATE_LIMIT_KEY"),
                env.string("FERRY_METRICS_HOST").orElse("127.0.0.1"),
                port < 0 ? Optional.empty() : Optional.of(port));
    }

    private static Optional<Rate> rate(Env env, String name) {
        return env.string(name).map(text -> {
            try {
                return Rate.of(text);
            } catch (IllegalArgumentException _) {
                throw new SettingException(
                        name + " must be a rate such as 10000/h, 600/m or 50/s, not '" + text + "'.");
            }
        });
    }
}
