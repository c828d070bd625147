package ferry.sandbox;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/// What was asked of the simulator, for tests to look at. Holds neither queries nor headers nor bodies, hence no
/// password, code, cookie or token. Thread-safe; keeps the newest [#CAPACITY] entries, and every violation.
public final class Journal {
    static final int CAPACITY = 200_000;

    /// What a connector must never call, by whatever method: any write at the source, accepting terms, acting on a
    /// device.
    private static final Pattern FORBIDDEN = Pattern.compile(
            ".*/(records/(modify|resolve|accept)|zones/modify|subscriptions/(modify|create)|assets/upload|tokens/.*"
                    + "|getTerms|repairDone|downloadLiteTerms|createLiteAccount"
                    + "|playSound|remoteWipe|remoteLock|lostDevice|sendMessage|erase.*|remove"
                    + "|createFolders|renameItems|deleteItems|moveItems.*|restoreItems|update/documents|upload/.*"
                    + "|co/(contacts|groups)/card.*|password/.*"
                    + "|webcreatealbum|webdeletealbum|webaddassets?|webdeleteassets?|webaddcomment.*"
                    + "|removeDevice|removePaymentMethod|inviteFamilyMember|removeFamilyMember"
                    + "|sharedstreams/(?!webget)[a-z]\\w*)/?");

    /// What reads though it is no GET, at an account's services. Everything else there is taken for a write.
    private static final Pattern READS = Pattern.compile("/p\\d+/("
            + "ckdatabasews/database/1/[^/]+/[^/]+/(private|shared|public)/"
            + "(zones/(list|lookup)|changes/(database|zone)|records/(query|lookup)|internal/records/query/batch)"
            + "|drivews/retrieveItemDetails(InFolders)?"
            + "|findme/fmipservice/client/web/(initClient|refreshClient)"
            + "|sharedstreams/.*webget\\w+)");

    private static final Pattern SERVICE = Pattern.compile("/p\\d+/.*");

    private final Deque<Entry> entries = new ArrayDeque<>();
    private final List<Entry> violations = new ArrayList<>();

    /// One request.
    ///
    /// @param path without its query
    /// @param account the identifier it belonged to, empty where that is not known
    /// @param status how it was answered
    public record Entry(Instant at, String method, String path, String account, int status) {
        /// Whether a connector must never call this.
        public boolean forbidden() {
            return Journal.forbidden(method, path);
        }
    }

    /// Whether a connector must never call this.
    static boolean forbidden(String method, String path) {
        return method.equals("DELETE")
                || (!method.equals("GET")
                        && SERVICE.matcher(path).matches()
                        && !READS.matcher(path).matches())
                || FORBIDDEN.matcher(path).matches();
    }

    synchronized void add(Entry entry) {
        if (entries.size() == CAPACITY) {
            entries.removeFirst();
        }
        entries.addLast(entry);
        if (entry.forbidden()) {
            violations.add(entry);
        }
    }

    /// All entries kept, oldest first.
    public synchronized List<Entry> entries() {
        return List.copyOf(entries);
    }

    /// How many of the entries kept are so.
    public synchronized long count(Predicate<Entry> such) {
        return entries.stream().filter(such).count();
    }

    /// Every request that a connector must never make, oldest first; a test expects none.
    public synchronized List<Entry> violations() {
        return List.copyOf(violations);
    }

    /// Forgets everything.
    public synchronized void clear() {
        entries.clear();
        violations.clear();
    }
}
