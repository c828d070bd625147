package ferry.connector.icloud.contacts;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Limits;
import ferry.connector.Window;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.Differences;
import ferry.connector.icloud.web.Downloads;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.Unread;
import ferry.crypto.Digests;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads the contacts of one account during one task. Blocks, on the caller's thread.
public final class Contacts {
    /// Every contact, the groups, and the owner's own card.
    public static final String CONTACTS = "icloud_contacts.contacts";
    /// The photo of a contact.
    public static final String PHOTO = "icloud_contacts.photo";

    private static final String SERVICE = "contacts";
    private static final Map<String, String> PARAMETERS = Map.of(
            "locale", "en_US",
            "order", "last,first",
            "includePhoneNumbers", "true",
            "includePhotos", "true");

    /// How far a contact may have moved in the list since it was seen.
    private static final int AROUND = 20;

    private final Calls calls;
    private final Limits limits;
    private final InstantSource clock;

    /// @param limits of the account; `calls` takes the turns
    /// @param clock says which day it is
    public Contacts(Calls calls, Limits limits, InstantSource clock) {
        this.calls = calls;
        this.limits = limits;
        this.clock = clock;
    }

    /// Reads [#CONTACTS]. The source does not say when a contact was changed, so a window leaves none out.
    /// Nothing is listed where the start is as it was on the same day, token, groups and all.
    public void contacts(Window window, Feed feed, Differences.Before before)
            throws ConnectorException, InterruptedException {
        var startup = calls.get(SERVICE, "/co/startup", PARAMETERS);
        if (!window.equals(Window.ALL)) {
            feed.warn("window_not_applied", "The source does not say when a contact was changed: all are listed.");
        }
        if (startup.isEmpty()) {
            return; // nobody ever opened Contacts
        }
        var mark = mark(startup);
        if (mark.filter(before::had).isPresent()) {
            return;
        }
        boolean wanted = feed.wants(PHOTO);
        try (var downloads = new Downloads(feed.files(), limits)) {
            var reading = new AddressBookReading(this, startup, feed, downloads, _ -> wanted);
            reading.read();
            downloads.finish();
            if (!reading.isOwnCardApart()) {
                mark.ifPresent(before::keep);
            }
        }
    }

    /// All that the start says of the contacts but for the addresses of photos, which expire; empty where it
    /// has no token. What lies apart from the contacts is in no token that is known of, and a token might mean
    /// less than it seems to: so all is listed at least once a day.
    private Optional<String> mark(JsonNode startup) {
        if (Json.text(startup, "syncToken") == null) {
            return Optional.empty();
        }
        var said = (ObjectNode) startup.deepCopy();
        said.remove("prefToken");
        for (var contact : said.path("contacts")) {
            if (contact.path("photo") instanceof ObjectNode photo) {
                photo.remove("url");
            }
        }
        return Optional.of(
                LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC) + " " + Digests.shortHex(said.toString()));
    }

    /// Fetches photos by references that [#contacts] gave out, perhaps long ago. Each ends committed or
    /// refused. The source hands out no single contact, so that all are listed.
    public void files(List<FileRef> refs, Files files) throws ConnectorException, InterruptedException {
        var sought = new HashSet<FileRef>();
        refs.stream().filter(ref -> !files.isPublished(ref)).forEach(sought::add);
        var startup = sought.isEmpty() ? Json.object() : calls.get(SERVICE, "/co/startup", PARAMETERS);
        try (var downloads = new Downloads(files, limits)) {
            if (!startup.isEmpty()) {
                new AddressBookReading(this, startup, new Unread(files), downloads, sought::remove).read();
            }
            for (var ref : sought) {
                files.refused(ref, ErrorCode.NOT_RETRIEVABLE, "The source no longer has the photo.");
            }
            downloads.finish();
        }
    }

    /// The photo of a contact that was listed before.
    ///
    /// @param place where it stood in the list; -1 for the owner's own card, which may be apart
    /// @param received when it came
    ContactPhoto photo(JsonNode startup, FileRef ref, JsonNode contact, int place, Instant received) {
        return new ContactPhoto(calls, clock, ref, contact.path("photo"), received, () -> {
            var from = Math.max(0, place - AROUND);
            var around = place < 0 ? List.of(ownCard()) : page(startup, from, 2 * AROUND + 1);
            for (var each : around) {
                if (ref.locator().equals(Json.text(each, "contactId"))) {
                    return each.path("photo");
                }
            }
            return MissingNode.getInstance();
        });
    }

    Instant now() {
        return clock.instant();
    }

    /// One page of contacts.
    ///
    /// @param startup the answer that the listing began with; its tokens go along
    /// @param offset of the first contact, from 0
    /// @param limit how many are wanted; the source may give fewer
    JsonNode page(JsonNode startup, int offset, int limit) throws ConnectorException, InterruptedException {
        var query = new HashMap<>(PARAMETERS);
        for (var token : new String[] {"prefToken", "syncToken"}) {
            var value = startup.path(token).asString("");
            if (!value.isEmpty()) {
                query.put(token, value);
            }
        }
        query.put("limit", String.valueOf(limit));
        query.put("offset", String.valueOf(offset));
        return calls.get(SERVICE, "/co/contacts", query).path("contacts");
    }

    /// The owner's own card; missing where there is none.
    JsonNode ownCard() throws ConnectorException, InterruptedException {
        var answer = calls.get(SERVICE, "/co/mecard", PARAMETERS);
        return answer.has("contactId") ? answer : answer.path("contacts").path(0);
    }
}
