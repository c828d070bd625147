package ferry.sandbox.files;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// The files of one account, by the id of what they hang on. Thread-safe.
public final class Shelf {
    private final List<Oddity> dealt;
    private final Map<String, StoredFile> files = new ConcurrentHashMap<>();
    /// Files whose address was given out.
    private final Set<String> handedOut = ConcurrentHashMap.newKeySet();

    /// @param dealt what is wrong with new files, one after the other; never empty
    public Shelf(List<Oddity> dealt) {
        this.dealt = List.copyOf(dealt);
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
