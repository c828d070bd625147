package ferry.sandbox.photos;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// One photo or film, derived from the library's seed and its serial whenever it is asked for, and thrown
/// away after.
///
/// @param serial its place in the order of being added, 0 for the oldest; never changes
/// @param master the serial of the photo whose master it has; its own but for an in-app duplicate
/// @param added when it came into the library; taken some seconds earlier
/// @param bytes the exact size of a huge film, 0 for everything else
/// @param small whether it belongs to a huge library, where files are small
/// @param state what became of it since, by the owner's hand
/// @param burst the serial of the frame that stands for its burst; -1 for what is of no burst
record Photo(
        long seed,
        int serial,
        int master,
        Mix.Pick pick,
        Instant added,
        long bytes,
        boolean small,
        State state,
        int burst) {
    private static final Instant YEAR_ONE = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant YEAR_12000 = Instant.parse("+12000-06-01T00:00:00Z");
    private static final Instant BEFORE_EPOCH = Instant.parse("1931-04-05T10:20:30Z");
    private static final List<String> WORDS =
            List.of("Sommer", "Family", "Work", "Dog", "Zürich", "Garden", "旅行", "Receipts");

    /// Where it is now.
    enum State {
        LIVE,
        HIDDEN,
        TRASHED,
        /// Gone for good: a tombstone in the history, nowhere else.
        EXPUNGED
    }

    boolean has(Oddity oddity) {
        return pick.has(oddity);
    }

    Shot shot() {
        return pick.shot();
    }

    /// Whether it lies below another frame of its burst, so that only the burst itself shows it.
    boolean stacked() {
        return burst >= 0 && burst != serial;
    }

    /// A UUID in upper case that leads back to the serial, see [#serialOf].
    static String assetName(long seed, int serial) {
        long high = Dice.mix(serial ^ Dice.mix(seed));
        return new UUID(high, Dice.roll(seed, high, 1)).toString().toUpperCase(Locale.ROOT);
    }

    /// The serial in an asset's name, or -1 where no asset of that library has such a name.
    static int serialOf(long seed, String assetName) {
        try {
            var name = UUID.fromString(assetName);
            long high = name.getMostSignificantBits();
            long serial = Dice.unmix(high) ^ Dice.mix(seed);
            boolean ours = serial >= 0 && serial <= Integer.MAX_VALUE;
            return ours && name.getLeastSignificantBits() == Dice.roll(seed, high, 1) ? (int) serial : -1;
        } catch (IllegalArgumentException _) {
            return -1;
        }
    }

    String assetName() {
        return assetName(seed, serial);
    }

    /// When it was taken; null where the record does not say.
    @Nullable
    Instant taken() {
        if (has(Oddity.DATE_ABSENT)) {
            return null;
        }
        if (has(Oddity.DATE_YEAR_ONE)) {
            return YEAR_ONE;
        }
        if (has(Oddity.DATE_FAR)) {
            return YEAR_12000;
        }
        return has(Oddity.DATE_NEGATIVE) ? BEFORE_EPOCH : added.minusSeconds(5 + Dice.below(20, seed, serial, 2));
    }

    /// As the camera named it; repeats after 9999 as cameras' names do.
    String fileName() {
        int number = master % 9999 + 1;
        var name = has(Oddity.NAME_DECOMPOSED) ? "Cafe\u0301 %04d.%s" : "IMG_%04d.%s";
        return name.formatted(number, shot().original.extension);
    }

    String keyword(int index) {
        return WORDS.get(Dice.below(WORDS.size(), seed, serial, 20 + index));
    }

    /// The files of the master, by part.
    Map<Part, Template.File> masterFiles() {
        var files = new EnumMap<Part, Template.File>(Part.class);
        if (!has(Oddity.NO_ORIGINAL)) {
            files.put(Part.ORIGINAL, file(Part.ORIGINAL));
        }
        if (shot().isRaw()) {
            files.put(Part.ALTERNATIVE, file(Part.ALTERNATIVE));
        }
        if (shot().isLive()) {
            files.put(Part.LIVE_VIDEO, file(Part.LIVE_VIDEO));
        }
        if (shot().isLive() || shot().isVideo()) {
            files.put(Part.VIDEO_MEDIUM, file(Part.VIDEO_MEDIUM));
            files.put(Part.VIDEO_SMALL, file(Part.VIDEO_SMALL));
        }
        files.put(Part.MEDIUM, file(Part.MEDIUM));
        files.put(Part.THUMB, file(Part.THUMB));
        return files;
    }

    /// The files of the asset: none unless it was edited. A slow-motion film counts as edited and has no rendering.
    Map<Part, Template.File> assetFiles() {
        var files = new EnumMap<Part, Template.File>(Part.class);
        if (has(Oddity.EDITED) && shot() != Shot.SLOMO) {
            files.put(Part.EDITED, file(Part.EDITED));
            files.put(Part.EDITED_THUMB, file(Part.EDITED_THUMB));
            if (shot().isVideo()) {
                files.put(Part.EDITED_VIDEO, file(Part.EDITED_VIDEO));
            }
        }
        return files;
    }

    /// One file. Files of the master carry the master's mark, so an in-app duplicate has the same ones.
    Template.File file(Part part) {
        return template(part).file(mark(part));
    }

    private Template template(Part part) {
        if (bytes > 0 && part == Part.ORIGINAL) {
            return Templates.sparse(bytes);
        }
        int variant = Dice.below(Templates.VARIANTS, seed, master, 30);
        return switch (part) {
            case ORIGINAL -> Templates.of(shot().original, size(), variant);
            case ALTERNATIVE -> Templates.of(shot() == Shot.RAW_FIRST ? Format.JPEG : Format.DNG, size(), variant);
            case LIVE_VIDEO, EDITED_VIDEO -> Templates.of(Format.MOV, size(), variant + 1);
            case MEDIUM -> Templates.of(Format.JPEG, Templates.Size.SMALL, variant);
            case EDITED -> Templates.of(Format.JPEG, size(), variant + 2);
            case VIDEO_MEDIUM -> Templates.of(Format.MOV, Templates.Size.SMALL, variant);
            case VIDEO_SMALL -> Templates.of(Format.MOV, Templates.Size.THUMB, variant);
            case THUMB, EDITED_THUMB -> Templates.of(Format.JPEG, Templates.Size.THUMB, variant);
        };
    }

    private Templates.Size size() {
        if (shot() == Shot.PANORAMA) {
            return Templates.Size.PANORAMA;
        }
        return small ? Templates.Size.SMALL : Templates.Size.NORMAL;
    }

    private byte[] mark(Part part) {
        int owner = part.onAsset() ? serial : master;
        var mark = new byte[Format.MARK];
        Arrays.fill(mark, (byte) ' ');
        var text = "sandbox " + Long.toHexString(seed) + " photo " + owner + " part " + part;
        System.arraycopy(text.getBytes(US_ASCII), 0, mark, 0, text.length());
        return mark;
    }
}
