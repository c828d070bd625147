package ferry.connector.icloud.contacts;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.connector.icloud.web.Calls;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// Reads the contacts of one account during one task. Blocks, on the caller's thread.
public final class Contacts {
    /// Every contact, the groups, and the owner's own card.
    public static final String CONTACTS = "icloud_contacts.contacts";

    private static final String SERVICE = "contacts";
    private static final Map<String, String> PARAMETERS = Map.of(
            "locale", "en_US",
            "order", "last,first",
            "includePhoneNumbers", "true",
            "includePhotos", "true");

    private final Calls calls;

    public Contacts(Calls calls) {
        this.calls = calls;
    }

    /// Reads [#CONTACTS]. The source does not say when a contact was changed, so a window leaves none out.
    public void contacts(Window window, Feed feed) throws ConnectorException, InterruptedException {
        var startup = calls.get(SERVICE, "/co/startup", PARAMETERS);
        if (!window.equals(Window.ALL)) {
            feed.warn("window_not_applied", "The source does not say when a contact was changed: all are listed.");
        }
        if (startup.isEmpty()) {
            return; // nobody ever opened Contacts
        }
        new AddressBookReading(this, startup, feed).read();
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
