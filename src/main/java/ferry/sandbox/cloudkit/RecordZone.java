package ferry.sandbox.cloudkit;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/// Records, and the log of what happened to them: each change of a record takes a new place at its end and leaves
/// nothing at the old one, so that a whole history has long empty stretches. Thread-safe.
public final class RecordZone {
    private final String name;
    private final long owner;
    private final Map<String, Stored> records = new LinkedHashMap<>();
    private final Map<String, Integer> places = new LinkedHashMap<>();
    /// By place, the record whose last change it was.
    private final List<@Nullable String> log = new ArrayList<>();

    private final Set<String> broken = new HashSet<>();
    private int forgotten;

    /// @param owner the account's number
    public RecordZone(String name, long owner) {
        this.name = name;
        this.owner = owner;
    }

    /// A record as it is now.
    ///
    /// @param version how often it was written
    /// @param broken whether the store fails to read it
    record Stored(
            String name,
            String type,
            ObjectNode fields,
            Instant created,
            Instant modified,
            int version,
            boolean deleted,
            boolean broken) {}

    /// A stretch of the log.
    ///
    /// @param end the place after it
    record Page(List<Stored> records, long end, boolean more) {}

    String name() {
        return name;
    }

    long owner() {
        return owner;
    }

    /// Writes a record, anew or over what it was.
    public synchronized void put(String record, String type, Fields fields, Instant now) {
        var old = records.get(record);
        var created = old == null ? now : old.created;
        int version = old == null ? 1 : old.version + 1;
        store(new Stored(record, type, fields.json(), created, now, version, false, false));
    }

    /// Leaves a tombstone.
    public synchronized void remove(String record, Instant now) {
        var old = records.get(record);
        if (old != null) {
            store(new Stored(record, old.type, new Fields().json(), old.created, now, old.version + 1, true, false));
        }
    }

    /// From now on the store fails to read that record.
    public synchronized void damage(String record) {
        broken.add(record);
    }

    /// The store can read that record again.
    public synchronized void repair(String record) {
        broken.remove(record);
    }

    /// From now on no token is known that was given out before.
    public synchronized void forgetTokens() {
        forgotten++;
    }

    /// So many places of which nothing is left.
    public synchronized void forget(int many) {
        for (int i = 0; i < many; i++) {
            log.add(null);
        }
    }

    /// The names of the records of that type, oldest first, without tombstones.
    public synchronized List<String> names(String type) {
        return records.values().stream()
                .filter(stored -> !stored.deleted && stored.type.equals(type))
                .map(Stored::name)
                .toList();
    }

    private void store(Stored stored) {
        var place = places.put(stored.name, log.size());
        if (place != null) {
            log.set(place, null);
        }
        log.add(stored.name);
        records.put(stored.name, stored);
    }

    synchronized Optional<Stored> find(String record) {
        return Optional.ofNullable(records.get(record)).map(this::marked);
    }

    synchronized Page page(long from, int places) {
        long end = Math.min(log.size(), from + places);
        var page = new ArrayList<Stored>();
        for (long place = from; place < end; place++) {
            var record = log.get((int) place);
            if (record != null) {
                find(record).ifPresent(page::add);
            }
        }
        return new Page(page, end, end < log.size());
    }

    synchronized long end() {
        return log.size();
    }

    private Stored marked(Stored it) {
        return broken.contains(it.name)
                ? new Stored(it.name, it.type, it.fields, it.created, it.modified, it.version, it.deleted, true)
                : it;
    }

    /// How far a client has read: 33 bytes in base64; the same place always has the same token.
    synchronized String token(long place) {
        var random = new SplittableRandom(owner * 31 + name.hashCode() + place + forgotten * 0x9e3779b97f4a7c15L);
        return Base64.getEncoder()
                .encodeToString(ByteBuffer.allocate(33)
                        .put((byte) 1)
                        .putLong(place)
                        .putLong(Long.MAX_VALUE)
                        .putLong(random.nextLong())
                        .putLong(random.nextLong())
                        .array());
    }

    /// The place of a token that this zone gave out; empty for any other.
    OptionalLong place(String token) {
        try {
            var bytes = Base64.getDecoder().decode(token);
            long place = bytes.length == 33 ? ByteBuffer.wrap(bytes).getLong(1) : -1;
            return place >= 0 && place <= end() && token(place).equals(token)
                    ? OptionalLong.of(place)
                    : OptionalLong.empty();
        } catch (IllegalArgumentException _) {
            return OptionalLong.empty();
        }
    }
}
