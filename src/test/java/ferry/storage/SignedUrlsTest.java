package ferry.storage;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.access.OrgId;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.UUID;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class SignedUrlsTest {
    private static final Instant NOW = Instant.parse("2026-11-22T12:00:00Z");
    private static final UUID RESULT = UUID.fromString("6c1f8c0e-3f5a-4a0f-9d6d-0d1f7c0a5b11");
    private static final OrgId ORGANISATION = new OrgId(7);

    private final SignedUrls urls = at(NOW);

    @Test
    void aSignedUrlSaysWhatItAllows() {
        var url = urls.sign(ORGANISATION, RESULT, NOW.plusSeconds(60));

        assertThat(url.toString()).startsWith("https://ferry.example/base/download/");
        assertThat(urls.check(token(url))).contains(new SignedUrls.Download(ORGANISATION, RESULT, NOW.plusSeconds(60)));
    }

    @Test
    void itExpires() {
        var token = token(urls.sign(ORGANISATION, RESULT, NOW.plusSeconds(60)));

        assertThat(at(NOW.plusSeconds(60)).check(token)).isPresent();
        assertThat(at(NOW.plusSeconds(61)).check(token)).isEmpty();
    }

    @Test
    void aChangeOfAnyByteIsSeen() {
        var bytes = Base64.getUrlDecoder().decode(token(urls.sign(ORGANISATION, RESULT, NOW.plusSeconds(60))));
        for (int i = 0; i < bytes.length; i++) {
            var changed = bytes.clone();
            changed[i] ^= 1;
            assertThat(urls.check(Base64.getUrlEncoder().encodeToString(changed)))
                    .isEmpty();
        }
        assertThat(urls.check(Base64.getUrlEncoder().encodeToString(Arrays.copyOf(bytes, bytes.length - 1))))
                .isEmpty();
    }

    @Test
    void anotherKeysUrlIsNotOurs() {
        var other = new SignedUrls(URI.create("https://ferry.example/base"), key(2), InstantSource.fixed(NOW));

        assertThat(urls.check(token(other.sign(ORGANISATION, RESULT, NOW.plusSeconds(60)))))
                .isEmpty();
    }

    @Test
    void nonsenseIsNotOurs() {
        assertThat(urls.check("")).isEmpty();
        assertThat(urls.check("%%%")).isEmpty();
        assertThat(urls.check("A".repeat(10_000))).isEmpty();
    }

    private static SignedUrls at(Instant now) {
        return new SignedUrls(URI.create("https://ferry.example/base"), key(1), InstantSource.fixed(now));
    }

    private static SecretKey key(int seed) {
        var bytes = new byte[32];
        Arrays.fill(bytes, (byte) seed);
        return new SecretKeySpec(bytes, "HmacSHA256");
    }

    private static String token(URI url) {
        return url.getPath().substring(url.getPath().lastIndexOf('/') + 1);
    }
}
