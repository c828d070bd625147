package ferry.connector.icloud.contacts;

import ferry.connector.ConnectorException;
import ferry.connector.FileMeta;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Pulls;
import ferry.connector.icloud.web.Addresses;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.Download;
import ferry.connector.icloud.web.Downloads;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.Proof;
import ferry.connector.icloud.web.Signature;
import ferry.connector.icloud.web.WholeImage;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;

/// One contact's photo, behind the session at an address that expires; a second attempt asks for the contact again. The
/// source does not say how long it is: its signature proves it, or else its own form.
final class ContactPhoto implements Downloads.Wanted {
    /// What is known of each before its bytes come.
    static final FileMeta META = new FileMeta("photo.jpg", "jpg", "image/jpeg", OptionalLong.empty());

    private static final int LONGEST_LOCATOR = 90;

    private final Calls calls;
    private final Again again;
    private final InstantSource clock;
    private final FileRef ref;
    private JsonNode photo;
    private Instant received;

    /// Asks the source for a contact once more.
    @FunctionalInterface
    interface Again {
        /// The contact's `photo` as it is now; missing where it has none any more.
        JsonNode photo() throws ConnectorException, InterruptedException;
    }

    /// @param received when the contact came, from which the photo's address ages
    ContactPhoto(Calls calls, InstantSource clock, FileRef ref, JsonNode photo, Instant received, Again again) {
        this.calls = calls;
        this.clock = clock;
        this.received = received;
        this.ref = ref;
        this.photo = photo;
        this.again = again;
    }

    /// Names a contact's photo; empty where it has none that could be fetched.
    static Optional<FileRef> ref(JsonNode contact, String contactId) {
        boolean named = contactId.getBytes(StandardCharsets.UTF_8).length <= LONGEST_LOCATOR;
        return named && Json.text(contact.path("photo"), "url") != null
                ? Optional.of(new FileRef(Contacts.PHOTO, contactId))
                : Optional.empty();
    }

    @Override
    public FileRef ref() {
        return ref;
    }

    @Override
    public Download.Outcome receive(Files files, Pulls.Turn turn, boolean afresh)
            throws ConnectorException, InterruptedException {
        if (afresh || !Addresses.areFresh(received, clock)) {
            received = clock.instant();
            photo = again.photo();
        }
        var url = Json.text(photo, "url");
        if (url == null) {
            return Download.Outcome.GONE;
        }
        var signature = Optional.ofNullable(Json.text(photo, "signature")).flatMap(Signature::of);
        var proof = signature.<Proof>map(s -> s).orElseGet(WholeImage::new);
        try (var target = files.open(ref, META)) {
            return new Download(calls, calls::withSession, target, turn, OptionalLong.empty(), Optional.of(proof))
                    .receive(url);
        }
    }
}
