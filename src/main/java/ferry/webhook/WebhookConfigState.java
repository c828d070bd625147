package ferry.webhook;

import java.util.Arrays;

/// Where a webhook config stands. Only a valid one is sent events; those of the others wait.
public enum WebhookConfigState {
    /// Created or changed, and not tested since.
    NEW("new"),
    /// Its last test was answered with a status in the two hundreds.
    VALID("valid"),
    /// Its last test was not. Change it, test it again or resume it.
    INVALID("invalid"),
    /// Switched off: by the organisation, by its receiver's 410, or after days of failures. See [Stopped].
    DEACTIVATED("deactivated");

    private final String slug;

    WebhookConfigState(String slug) {
        this.slug = slug;
    }

    /// The word on the wire and in the database.
    public String slug() {
        return slug;
    }

    /// The state of a word that we wrote ourselves.
    ///
    /// @throws IllegalArgumentException if we did not
    public static WebhookConfigState of(String slug) {
        return Arrays.stream(values())
                .filter(state -> state.slug.equals(slug))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such state of a webhook config: " + slug));
    }

    /// Why a config is [#DEACTIVATED].
    public enum Stopped {
        /// With `DELETE`: it gets no new events.
        ORGANISATION("organisation", "The organisation switched it off."),
        /// Its receiver answered 410: its events wait until it is resumed.
        GONE("gone", "The receiver answered 410."),
        /// Nothing was taken for days: its events wait until it is resumed.
        FAILING("failing", "Every attempt failed for days.");

        private final String slug;
        private final String sentence;

        Stopped(String slug, String sentence) {
            this.slug = slug;
            this.sentence = sentence;
        }

        String slug() {
            return slug;
        }

        String sentence() {
            return sentence;
        }

        static Stopped of(String slug) {
            return Arrays.stream(values())
                    .filter(stopped -> stopped.slug.equals(slug))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no such reason: " + slug));
        }
    }
}
