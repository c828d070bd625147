package ferry.sandbox.defects;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/// Decides which answers are wrong, and keeps a ledger of those that were. Depends on nothing but the description
/// and what is asked for, not on the order of requests. Thread-safe.
public final class Defects {
    private final DefectSpec spec;
    private final Set<Line> struck = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<Line> ledger = new ConcurrentLinkedQueue<>();

    public Defects(DefectSpec spec) {
        this.spec = spec;
    }

    /// Something that was wrong.
    ///
    /// @param item a record's name, a file as that with a slash and the resource behind it, or a stretch of a
    /// listing, such as `rank 300`; of a drive a document's id, with `folder` before it where its listing is meant
    /// @param lasting whether it stays so; otherwise it was wrong once
    public record Line(Defect defect, String item, boolean lasting) {}

    /// Whether anything may go wrong at all.
    public boolean any() {
        return !spec.rates().isEmpty();
    }

    /// Whether the answer about that item is to be wrong in that way: the first one, or each one.
    public boolean strikes(Defect defect, String item) {
        if (!befalls(defect, item)) {
            return false;
        }
        boolean lasting = share(defect, item, 2) < spec.lasting();
        return noted(new Line(defect, item, lasting)) || lasting;
    }

    /// The same of a defect that strikes once, whatever the description says.
    public boolean strikesOnce(Defect defect, String item) {
        return befalls(defect, item) && noted(new Line(defect, item, false));
    }

    /// The same of a defect that cannot pass.
    public boolean marks(Defect defect, String item) {
        if (!befalls(defect, item)) {
            return false;
        }
        noted(new Line(defect, item, true));
        return true;
    }

    /// What was wrong so far, in the order of its first time.
    public List<Line> ledger() {
        return List.copyOf(ledger);
    }

    private boolean befalls(Defect defect, String item) {
        double rate = spec.rates().getOrDefault(defect, 0.0);
        return rate > 0 && share(defect, item, 1) < rate;
    }

    private boolean noted(Line line) {
        boolean first = struck.add(line);
        if (first) {
            ledger.add(line);
        }
        return first;
    }

    /// From 0 to 1, evenly.
    private double share(Defect defect, String item, int purpose) {
        long word = mix(spec.seed() ^ mix(defect.name().hashCode() + ((long) purpose << 32)));
        for (int i = 0; i < item.length(); i++) {
            word = mix(word + item.charAt(i));
        }
        return (word >>> 11) * 0x1p-53;
    }

    /// The finaliser of SplitMix64.
    private static long mix(long z) {
        z = (z + 0x9e3779b97f4a7c15L);
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
