package ferry.connector.icloud.photos;

import java.util.Optional;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// One photo library of an account: its own, or the iCloud Shared Photo Library that it takes part in, which is not
/// the same as shared albums (R24).
///
/// @param database CloudKit's: `private`, also for a shared library of the account's own making, or `shared`
/// @param zone CloudKit's name of its zone
/// @param owner the record name of the zone's owner, where CloudKit said it
record Library(String database, String zone, Optional<String> owner) {
    /// The account's own.
    static final Library PERSONAL = new Library("private", "PrimarySync", Optional.empty());

    private static final String SHARED = "SharedSync-";
    private static final int MARK = 8;

    /// Whether a zone of that name is a shared library.
    static boolean isShared(String zone) {
        return zone.startsWith(SHARED) && zone.length() > SHARED.length();
    }

    /// As the feed has it.
    String name() {
        return isShared(zone) ? "shared" : "personal";
    }

    /// As the feed has it: another one for each library, and always the same.
    String id() {
        return "library:" + zone;
    }

    /// What the locators of its files start with: nothing for the account's own.
    String mark() {
        if (!isShared(zone)) {
            return "";
        }
        var id = zone.substring(SHARED.length());
        return "s" + id.substring(0, Math.min(MARK, id.length())) + ":";
    }

    ObjectNode zoneId() {
        var id = JsonNodeFactory.instance.objectNode().put("zoneName", zone);
        owner.ifPresent(name -> id.put("ownerRecordName", name));
        return id;
    }
}
