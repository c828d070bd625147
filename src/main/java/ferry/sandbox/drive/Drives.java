package ferry.sandbox.drive;

import ferry.sandbox.Account;
import ferry.sandbox.defects.DefectSpec;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// Everyone's drives, grown when first asked for and then kept, so that what a test changes stays changed.
/// Thread-safe; shared by the three services.
public final class Drives {
    /// Of a busy drive every so many-th request is told to come back.
    private static final int BUSY_EACH = 4;

    private final DefectSpec defects;
    private final Map<Long, DriveTree> trees = new ConcurrentHashMap<>();
    private final Map<Long, AtomicInteger> requests = new ConcurrentHashMap<>();
    /// By account and document: how many addresses were given out, and how many listings.
    private final Map<String, AtomicInteger> counts = new ConcurrentHashMap<>();

    /// @param defects what goes wrong in the drives of accounts that say nothing of it themselves
    public Drives(DefectSpec defects) {
        this.defects = defects;
    }

    /// The account's drive.
    public DriveTree of(Account account) {
        return trees.computeIfAbsent(account.dsid(), _ -> DriveTree.of(DriveSpec.of(account, defects)));
    }

    /// Lets it grow anew when it is next asked for.
    public void forget(Account account) {
        trees.remove(account.dsid());
        requests.remove(account.dsid());
        counts.keySet().removeIf(what -> what.startsWith(account.dsid() + " "));
    }

    /// The drive an address leads into; empty where nobody has asked for it in this process.
    Optional<DriveTree> known(long dsid) {
        return Optional.ofNullable(trees.get(dsid));
    }

    /// Whether this request is one that a busy drive puts off.
    boolean putsOff(Account account) {
        return of(account).has(DriveQuirk.BUSY)
                && requests.computeIfAbsent(account.dsid(), _ -> new AtomicInteger())
                                        .incrementAndGet()
                                % BUSY_EACH
                        == 0;
    }

    /// How often this has happened to the document, this time included.
    int times(Account account, Node node, String what) {
        return counts.computeIfAbsent(account.dsid() + " " + what + node.docwsid(), _ -> new AtomicInteger())
                .incrementAndGet();
    }
}
