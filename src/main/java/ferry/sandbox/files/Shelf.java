package ferry.sandbox.files;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/// The files of one account, by the id of what they hang on. Thread-safe.
public final class Shelf {
    /// What may be wrong with a file of any kind of record.
    private static final List<Oddity> USUAL = List.of(
            Oddity.NONE, Oddity.GONE, Oddity.EXPIRED_ONCE, Oddity.PAGE_INSTEAD, Oddity.CUT_SHORT, Oddity.FLIPPED_BYTE);

    /// What is wrong with new files, one after the other; never empty.
    private final List<Oddity> dealt;
    private final Map<String, StoredFile> files = new ConcurrentHashMap<>();
    /// Files whose address was given out.
    private final Set<String> handedOut = ConcurrentHashMap.newKeySet();

    private Shelf(List<Oddity> dealt) {
        this.dealt = dealt;
    }

    /// One on which nothing is wrong with any file.
    public static Shelf sound() {
        return new Shelf(List.of(Oddity.NONE));
    }

    /// One on which something is wrong with most files.
    ///
    /// @param besides what may be wrong with files of this kind, beside what may be with any
    public static Shelf odd(Oddity besides) {
        return new Shelf(Stream.concat(USUAL.stream(), Stream.of(besides)).toList());
    }

    /// What is wrong with the next file.
    public Oddity next() {
        return dealt.get(files.size() % dealt.size());
    }

    /// Puts a file there, or in the place of the one that was.
    public void put(String id, StoredFile file) {
        files.put(id, file);
    }

    public Optional<StoredFile> find(String id) {
        return Optional.ofNullable(files.get(id));
    }

    /// Whether the address that is given out now is one that has expired.
    public boolean isStale(String id) {
        return handedOut.add(id)
                && find(id).filter(file -> file.oddity() == Oddity.EXPIRED_ONCE).isPresent();
    }
}
