package ferry.webhook;

import ferry.egress.EgressPolicy;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Optional;

/// What a webhook's URL must be.
///
/// @param egress names what plain http may go to
record WebhookUrl(EgressPolicy egress) {
    private static final int LONGEST = 2000;

    /// What is wrong with it, as the end of a sentence. Whether its address may be reached is found by the test.
    Optional<String> problem(String text) {
        if (text.length() > LONGEST) {
            return Optional.of("is longer than " + LONGEST + " characters");
        }
        URI url;
        try {
            url = new URI(text);
        } catch (URISyntaxException _) {
            return Optional.of("is not a URL");
        }
        var scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("https") && !scheme.equals("http")) {
            return Optional.of("does not begin with https://");
        }
        if (url.getHost() == null) {
            return Optional.of("names no host");
        }
        if (url.getRawUserInfo() != null) {
            return Optional.of("holds a user name; use the signature instead");
        }
        if (url.getRawFragment() != null) {
            return Optional.of("holds a fragment");
        }
        if (scheme.equals("http") && !egress.names(url)) {
            return Optional.of("is plain http, which goes only to what FERRY_EGRESS_ALLOW names; use https");
        }
        return Optional.empty();
    }
}
