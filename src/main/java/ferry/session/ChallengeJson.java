package ferry.session;

import com.fasterxml.jackson.annotation.JsonInclude;
import ferry.connector.Challenge;
import ferry.http.Json;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a session that failed with `code-required` asks for (design 4, ours). Also how it lies in the tables.
@JsonInclude(JsonInclude.Include.ALWAYS)
public record ChallengeJson(
        String method, @Nullable String hint, List<MethodJson> methods, int codeLength, String dateExpires) {

    /// One other way to have the code sent.
    public record MethodJson(
            String method, @Nullable String phone, @Nullable String hint) {}

    static ChallengeJson of(Challenge challenge, Instant expires) {
        return new ChallengeJson(
                challenge.method(),
                challenge.hint(),
                challenge.methods().stream()
                        .map(m -> new MethodJson(m.method(), m.phone(), m.hint()))
                        .toList(),
                challenge.codeLength(),
                Json.date(expires));
    }
}
