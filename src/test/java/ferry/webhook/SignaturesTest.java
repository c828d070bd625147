package ferry.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.crypto.Secret;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class SignaturesTest {
    private static final Instant THEN = Instant.ofEpochSecond(1_500_000_000);
    private static final byte[] BODY = "{\"id\":\"x\"}".getBytes(StandardCharsets.UTF_8);
    private static final Duration TEN_MINUTES = Duration.ofMinutes(10);

    @Test
    void theSignatureIsThatOfTheContractsVector() {
        assertThat(Signatures.ricloud(new Secret("secret"), THEN, BODY))
                .isEqualTo("t=1500000000,s=qTLt6H7YHWyzwbn/MH+XL3MpC6vr8dncCTArRSpYYZI=");
    }

    /// The vector of the Standard Webhooks libraries' own tests.
    @Test
    void theStandardSignatureIsThatOfItsLibrariesVector() {
        assertThat(Signatures.standard(
                        new Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                        "msg_p5jXN8AQM9LWM0D4loKWxJek",
                        Instant.ofEpochSecond(1_614_265_330),
                        "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    @Test
    void anOldOrChangedOneIsRefused() {
        var secret = new Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        var header = Signatures.ricloud(secret, THEN, BODY);
        assertThat(Signatures.isRicloud(header, secret, BODY, THEN.plusSeconds(600), TEN_MINUTES))
                .isTrue();
        assertThat(Signatures.isRicloud(header, secret, BODY, THEN.plusSeconds(601), TEN_MINUTES))
                .isFalse();
        assertThat(Signatures.isRicloud(header, new Secret("another"), BODY, THEN, TEN_MINUTES))
                .isFalse();
        assertThat(Signatures.isRicloud("rubbish", secret, BODY, THEN, TEN_MINUTES))
                .isFalse();

        var standard = "v1,AAAA " + Signatures.standard(secret, "id", THEN, BODY);
        assertThat(Signatures.isStandard(standard, "id", "1500000000", secret, BODY, THEN, TEN_MINUTES))
                .isTrue();
        assertThat(Signatures.isStandard(standard, "other", "1500000000", secret, BODY, THEN, TEN_MINUTES))
                .isFalse();
        assertThat(Signatures.isStandard(standard, "id", "1500000001", secret, BODY, THEN, TEN_MINUTES))
                .isFalse();
        assertThat(Signatures.isStandard(standard, "id", "1500000000", secret, new byte[] {1}, THEN, TEN_MINUTES))
                .isFalse();
    }

    @Test
    void theIdFollowsExactlyOneSlash() {
        assertThat(WebhookConfig.target("https://x.example/hooks", "7")).hasToString("https://x.example/hooks/7");
        assertThat(WebhookConfig.target("https://x.example/hooks/", "7")).hasToString("https://x.example/hooks/7");
        assertThat(WebhookConfig.target("https://x.example", "7")).hasToString("https://x.example/7");
        assertThat(WebhookConfig.target("https://x.example/h?a=b", "7")).hasToString("https://x.example/h/7?a=b");
    }
}
