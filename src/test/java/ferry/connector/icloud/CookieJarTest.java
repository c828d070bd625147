package ferry.connector.icloud;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CookieJarTest {
    private static final URI SETUP = URI.create("https://setup.icloud.com/setup/ws/1/accountLogin");
    private Instant now = Instant.parse("2026-11-22T12:00:00Z");
    private final InstantSource clock = () -> now;
    private final CookieJar jar = new CookieJar(clock);

    @Test
    void aValueIsSentBackWithItsQuotes() {
        store("X-APPLE-WEBAUTH-TOKEN=\"v=2:t=EQ==BST~~\";Path=/;Domain=.icloud.com;Secure;HttpOnly");
        assertThat(jar.header(SETUP)).contains("X-APPLE-WEBAUTH-TOKEN=\"v=2:t=EQ==BST~~\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Tue,16-Jan-2034 02:07:19 GMT",
                "Mon, 16-Jan-2034 02:07:19 GMT",
                "Mon, 16 Jan 2034 02:07:19 GMT",
                "Mon Jan 16 02:07:19 2034",
                "Monday, 16-Jan-34 02:07:19 GMT"
            })
    void everyShapeOfDateIsRead(String date) {
        store("a=b;Expires=" + date + ";Path=/;Domain=.icloud.com");
        assertThat(jar.expires("a")).contains(Instant.parse("2034-01-16T02:07:19Z"));
    }

    @Test
    void aDateThatCannotBeReadMakesACookieOfTheSession() {
        store("a=b;Expires=some day;Path=/");
        assertThat(jar.has("a")).isTrue();
        assertThat(jar.expires("a")).isEmpty();
    }

    @Test
    void maxAgeWinsOverExpires() {
        store("a=b;Expires=Tue,16-Jan-2034 02:07:19 GMT;Max-Age=60");
        now = now.plus(Duration.ofSeconds(61));
        assertThat(jar.has("a")).isFalse();
    }

    @Test
    void anEmptyValueAPastDateAndNoAgeDelete() {
        for (var end : List.of(
                "a=;Path=/",
                "a=\"\";Path=/",
                "a=x;Path=/;Max-Age=0",
                "a=x;Path=/;Expires=Tue,16-Jan-2024 02:07:19 GMT")) {
            store("a=b;Path=/");
            assertThat(jar.has("a")).isTrue();
            store(end);
            assertThat(jar.has("a")).as(end).isFalse();
        }
    }

    @Test
    void aDomainCookieGoesToSubDomainsOnAnyPort() {
        store("a=b;Path=/;Domain=.icloud.com;Secure");
        assertThat(jar.header(URI.create("https://p61-ckdatabasews.icloud.com:443/database/1")))
                .contains("a=b");
        assertThat(jar.header(URI.create("https://icloud.com/"))).contains("a=b");
        assertThat(jar.header(URI.create("https://noticloud.com/"))).isEmpty();
        assertThat(jar.header(URI.create("https://icloud.com.cn/"))).isEmpty();
        assertThat(jar.header(URI.create("http://www.icloud.com/"))).isEmpty();
    }

    @Test
    void aCookieWithoutDomainStaysWithItsHost() {
        store("a=b;Path=/");
        assertThat(jar.header(SETUP)).contains("a=b");
        assertThat(jar.header(URI.create("https://www.icloud.com/"))).isEmpty();
    }

    @Test
    void aCookieForAForeignDomainOrAWholeRegistryIsRefused() {
        store("a=b;Path=/;Domain=.apple.com");
        store("c=d;Path=/;Domain=com");
        assertThat(jar.has("a")).isFalse();
        assertThat(jar.has("c")).isFalse();
    }

    @Test
    void aPathCoversWhatIsBelowItAndNothingElse() {
        store("a=b;Path=/setup");
        assertThat(jar.header(SETUP)).contains("a=b");
        assertThat(jar.header(URI.create("https://setup.icloud.com/setupper"))).isEmpty();
    }

    @Test
    void aNewValueReplacesTheOldOne() {
        store("a=1;Path=/;Domain=.icloud.com");
        store("a=2;Path=/;Domain=icloud.com");
        assertThat(jar.header(SETUP)).contains("a=2");
    }

    @Test
    void whatIsWrittenAsJsonIsReadBack() {
        store("a=\"b\";Path=/;Domain=.icloud.com;Secure;Expires=Tue,16-Jan-2034 02:07:19 GMT");
        store("c=d;Path=/");
        var other = new CookieJar(clock);
        other.restore(jar.toJson(_ -> true));
        assertThat(other.header(SETUP)).isEqualTo(jar.header(SETUP));
        assertThat(other.expires("a")).isEqualTo(jar.expires("a"));
        assertThat(other.header(URI.create("https://www.icloud.com/"))).contains("a=\"b\"");
    }

    private void store(String header) {
        jar.store(SETUP, List.of(header));
    }
}
