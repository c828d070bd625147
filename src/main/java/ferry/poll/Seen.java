package ferry.poll;

import ferry.crypto.Digests;
import ferry.db.Database;
import ferry.result.Results;
import java.util.List;
import java.util.UUID;

/// What the poll had when the attempt began, and what this attempt has added: tells without asking the database that
/// a file is new, as nearly all are. Eight bytes of a digest each; so what it says of a file that is not new must be
/// asked again. Thread-safe.
final class Seen {
    private static final int PAGE = 1000;

    private final UUID poll;
    private final boolean alone;
    private final Fingerprints.Growing prints = new Fingerprints.Growing();

    private Seen(UUID poll, boolean alone) {
        this.poll = poll;
        this.alone = alone;
    }

    /// Reads it, in pages.
    ///
    /// @param alone whether no other task of the poll adds results meanwhile
    static Seen of(Database db, Results results, Poll poll, boolean alone) {
        var seen = new Seen(poll.id(), alone);
        if (!alone) {
            return seen;
        }
        var page = page(db, results, poll, "");
        while (!page.isEmpty()) {
            page.forEach(seen::add);
            page = page.size() < PAGE ? List.of() : page(db, results, poll, page.getLast());
        }
        return seen;
    }

    private static List<String> page(Database db, Results results, Poll poll, String after) {
        var organisation = poll.organisation();
        return db.read(organisation, tx -> results.identifiers(tx, organisation, poll.id(), after, PAGE));
    }

    /// A result of that identifier was recorded.
    void add(String identifier) {
        prints.add(print(identifier));
    }

    /// Whether the poll certainly had no such result when it was last looked, and this attempt has recorded none.
    boolean isNew(String identifier) {
        return alone && !prints.holds(print(identifier));
    }

    private long print(String identifier) {
        return Digests.first(poll.toString(), identifier);
    }
}
