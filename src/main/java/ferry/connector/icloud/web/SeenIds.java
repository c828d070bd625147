package ferry.connector.icloud.web;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// The items that a run has already given out, as 64 bits of a hash each: some 2 MB for 100,000 of them (R23).
/// Two of 100,000 share their 64 bits once in some four thousand million runs. One thread.
public final class SeenIds {
    /// Open addressing; 0 is an empty place, so the hash 0 is kept as 1.
    private long[] places = new long[1024];
    private int size;

    /// Whether the id is new; it is known from now on.
    public boolean add(String id) {
        if (size * 2 >= places.length) {
            grow();
        }
        boolean added = put(places, hash(id));
        size += added ? 1 : 0;
        return added;
    }

    /// Whether the id was added before.
    public boolean contains(String id) {
        return places[place(places, hash(id))] != 0;
    }

    /// How many different ids were added.
    public int size() {
        return size;
    }

    private void grow() {
        var larger = new long[places.length * 2];
        for (long hash : places) {
            if (hash != 0) {
                put(larger, hash);
            }
        }
        places = larger;
    }

    private static boolean put(long[] places, long hash) {
        int place = place(places, hash);
        boolean free = places[place] == 0;
        places[place] = hash;
        return free;
    }

    private static int place(long[] places, long hash) {
        int place = (int) hash & (places.length - 1);
        while (places[place] != 0 && places[place] != hash) {
            place = (place + 1) & (places.length - 1);
        }
        return place;
    }

    private static long hash(String id) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
            long hash = ByteBuffer.wrap(digest).getLong();
            return hash == 0 ? 1 : hash;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
