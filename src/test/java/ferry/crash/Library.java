package ferry.crash;

import ferry.connector.FileRef;
import ferry.storage.PartBuffers;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;

/// What the source holds: the model that everything published is compared with.
final class Library {
    static final String FILE_TYPE = "crash.page";
    static final String INFO = "crash.info";
    static final String NOTES = "crash.notes";
    static final String LETTERS = "crash.letters";

    /// One record of a feed and the file that goes with it. Two records may share a file.
    record Item(String id, FileRef file) {}

    private static final Map<String, List<Item>> ITEMS = Map.of(
            NOTES,
            List.of(item("n1", "a"), item("n2", "b"), item("n3", "a"), item("n4", "c")),
            LETTERS,
            List.of(item("l1", "d"), item("l2", "e")),
            INFO,
            List.of());

    /// Larger than one part of an upload.
    static final int LARGE = PartBuffers.PART + 100_000;

    private final boolean large;
    private final AtomicInteger readings = new AtomicInteger();
    private volatile boolean changing;

    /// @param large whether one of the files is larger than a part
    Library(boolean large) {
        this.large = large;
    }

    private static Item item(String id, String file) {
        return new Item(id, new FileRef(FILE_TYPE, file));
    }

    /// The records of a data type, in their order.
    List<Item> items(String type) {
        return ITEMS.getOrDefault(type, List.of());
    }

    /// The files of a data type.
    Set<String> files(String type) {
        var all = new TreeSet<String>();
        items(type).forEach(item -> all.add(item.file().locator()));
        return all;
    }

    /// Whether each reading of a file gives other bytes from now on.
    void changing(boolean yes) {
        changing = yes;
    }

    /// The bytes of a file: always the same ones, unless it is changing.
    byte[] read(FileRef ref) {
        var dice = new Random(ref.locator().hashCode() * 31L + (changing ? readings.incrementAndGet() : 0));
        int small = ref.locator().equals("b") ? 150_000 : 100 + dice.nextInt(2000);
        var bytes = new byte[large && ref.locator().equals("e") ? LARGE : small];
        dice.nextBytes(bytes);
        // Whoever compares sees at once which file this was.
        ByteBuffer.wrap(bytes).put((byte) ref.locator().charAt(0));
        return bytes;
    }
}
