package ferry.webhook;

import java.util.Arrays;

/// Why an attempt failed, as a class that says nothing of what the receiver wrote.
public enum AttemptError {
    /// An answer outside the two hundreds, none of those below.
    STATUS("status"),
    /// An answer in the three hundreds. Redirects are not followed: change the config's URL.
    REDIRECT("redirect"),
    /// 410: the receiver wants no more.
    GONE("gone"),
    /// No answer in time.
    TIMEOUT("timeout"),
    /// No connection, or it broke.
    CONNECTION("connection"),
    /// No certificate that can be trusted, or another fault of TLS.
    TLS("tls"),
    /// The URL leads to an address that the service may not reach. Nothing was sent.
    REFUSED_ADDRESS("refused-address"),
    /// The node stopped or died meanwhile. Whether the event arrived is not known; it is sent again.
    INTERRUPTED("interrupted");

    private final String slug;

    AttemptError(String slug) {
        this.slug = slug;
    }

    /// The word on the wire and in the database.
    public String slug() {
        return slug;
    }

    static AttemptError of(String slug) {
        return Arrays.stream(values())
                .filter(error -> error.slug.equals(slug))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such error of an attempt: " + slug));
    }
}
