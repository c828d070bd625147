package ferry.storage;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/// The name of an object in its bucket: `<config path>/<poll id>/<kind>/<hash of id>/<name>`, or what the
/// config's [KeyTemplate] makes of these.
///
/// Derived from identity only, so that a repeated attempt writes the same object and no other. No segment can
/// climb out of the bucket, whatever the source calls its files. Only the last segment may hold anything but
/// ASCII.
public final class ObjectKey {
    /// The last segment of a manifest's key.
    public static final String MANIFEST = "manifest.json";
    /// What the key of a signature ends in.
    public static final String SIGNATURE = ".sig";

    /// Most bytes of a name in UTF-8; file systems stop at 255, and clients prepend to it.
    private static final int NAME_BYTES = 180;
    /// Most bytes of an extension that survives the cutting of a long name, its dot included.
    private static final int EXTENSION_BYTES = 24;

    private static final Pattern DOTS = Pattern.compile("\\.{2,}");

    private final List<String> segments;

    private ObjectKey(List<String> segments) {
        this.segments = segments;
    }

    /// The key of a file, under the template that applies where a config names none.
    ///
    /// @param path the config's path, as [Destination] checked it; empty for none
    /// @param id the file's opaque id
    /// @param name what the source calls it; made harmless here, `file` where nothing is left of it
    public static ObjectKey file(String path, UUID poll, String id, Optional<String> name) {
        return file(KeyTemplate.DEFAULT, path, poll, id, name);
    }

    /// The key of a feed, under the template that applies where a config names none. Carries its attempt, since a
    /// stalled worker's late upload must not overwrite the winner's.
    ///
    /// @param path the config's path, as [Destination] checked it; empty for none
    /// @param kind `data` or `info`
    /// @param type the type as asked for
    public static ObjectKey feed(String path, UUID poll, Kind kind, String type, int attempt) {
        return feed(KeyTemplate.DEFAULT, path, poll, kind, type, attempt);
    }

    static ObjectKey file(KeyTemplate template, String path, UUID poll, String id, Optional<String> name) {
        var harmless = name.map(ObjectKey::harmless).filter(n -> !n.isEmpty()).orElse("file");
        return of(path, template.file(poll, id, harmless));
    }

    static ObjectKey feed(KeyTemplate template, String path, UUID poll, Kind kind, String type, int attempt) {
        return of(path, template.feed(poll, kind.segment, type, attempt));
    }

    /// The key of an object of a form of a feed.
    ///
    /// @param id tells it from all others
    /// @param beside the id of the file that it lies beside; empty where it lies for itself
    static ObjectKey form(
            KeyTemplate template,
            String path,
            UUID poll,
            String id,
            Optional<String> beside,
            Optional<String> name,
            String extension) {
        var harmless = name.map(ObjectKey::harmless).filter(n -> !n.isEmpty()).orElse("form." + extension);
        var kind = beside.isPresent() ? "files" : "forms";
        return of(path, template.form(poll, kind, beside.orElse(id), harmless, extension));
    }

    /// The key of an object that a bucket was found to hold.
    ///
    /// @param key of the shape that a config makes
    public static ObjectKey listed(String key) {
        var segments = List.of(key.split("/", -1));
        if (segments.stream().anyMatch(it -> it.isEmpty() || it.equals(".") || it.equals(".."))) {
            throw new IllegalArgumentException("no config makes such a key");
        }
        return new ObjectKey(segments);
    }

    /// 64 bits of a key's hash.
    public static long fingerprint(String key) {
        return Long.parseUnsignedLong(hash(key).substring(0, 16), 16);
    }

    /// The key of a poll's manifest: beside its results, whatever the template.
    static ObjectKey manifest(String path, UUID poll) {
        return of(path, List.of(poll.toString(), MANIFEST));
    }

    /// The key of the signature of what lies under this key.
    public ObjectKey signature() {
        return ending(SIGNATURE);
    }

    /// The key under which it lies encrypted.
    ObjectKey encrypted() {
        return ending(".age");
    }

    private ObjectKey ending(String suffix) {
        var all = new ArrayList<>(segments);
        all.addLast(all.removeLast() + suffix);
        return new ObjectKey(List.copyOf(all));
    }

    /// The key of a probe's object, which is deleted at once. Like a feed's it carries the attempt, so that the next
    /// attempt can delete what one that died has left.
    static ObjectKey probe(String path, UUID test, int attempt) {
        return of(path, List.of(".ferry-probe-" + test + "-" + attempt));
    }

    /// The parts between the slashes; never empty, none empty, `.` or `..`.
    public List<String> segments() {
        return segments;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ObjectKey key && segments.equals(key.segments);
    }

    @Override
    public int hashCode() {
        return segments.hashCode();
    }

    /// The whole key, without a leading slash.
    @Override
    public String toString() {
        return String.join("/", segments);
    }

    /// What a feed holds.
    public enum Kind {
        /// The records of one data type.
        DATA("data"),
        /// The answer to one info type.
        INFO("info");

        private final String segment;

        Kind(String segment) {
            this.segment = segment;
        }
    }

    private static ObjectKey of(String path, List<String> rest) {
        var prefix = path.isEmpty() ? List.<String>of() : List.of(path.split("/", -1));
        if (!prefix.stream().allMatch(Destination.Names::isSegment)) {
            throw new IllegalArgumentException("not a checked path: " + path);
        }
        var all = new ArrayList<>(prefix);
        all.addAll(rest);
        return new ObjectKey(List.copyOf(all));
    }

    /// 128 bits: ids may be as long as they like, and different ones never meet.
    static String hash(String id) {
        try {
            var digest = MessageDigest.getInstance("SHA-256").digest(id.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    /// One segment that any file system and any client can take: NFC, no separator, no control or
    /// direction-changing character, no dot at either end or beside another, bounded. Nothing that a URL would
    /// escape either, since ricloud-py takes the path of a result's `url` as it stands (ricloud-api 17); the true
    /// name is in the feed.
    static String harmless(String name) {
        var text = trimmed(Normalizer.normalize(name, Normalizer.Form.NFC));
        var kept = new StringBuilder();
        text.codePoints().map(c -> isHarmless(c) ? c : '_').forEach(kept::appendCodePoint);
        return bounded(trimmed(DOTS.matcher(kept).replaceAll(".")));
    }

    private static boolean isHarmless(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.UNASSIGNED -> false;
            // the joiner inside emoji stays; what turns the reading direction round goes
            case Character.FORMAT -> c == 0x200D || c == 0x200C;
            case Character.SPACE_SEPARATOR -> false;
            default -> c >= 0x80 || Character.isLetterOrDigit(c) || "-_.,()+=@!~'".indexOf(c) >= 0;
        };
    }

    private static String trimmed(String name) {
        int from = 0;
        int to = name.length();
        while (from < to && (name.charAt(from) == '.' || Character.isWhitespace(name.charAt(from)))) {
            from++;
        }
        while (to > from && (name.charAt(to - 1) == '.' || Character.isWhitespace(name.charAt(to - 1)))) {
            to--;
        }
        return name.substring(from, to);
    }

    private static String bounded(String name) {
        if (bytes(name) <= NAME_BYTES) {
            return name;
        }
        int dot = name.lastIndexOf('.');
        var extension = dot < 0 || bytes(name.substring(dot)) > EXTENSION_BYTES ? "" : name.substring(dot);
        return trimmed(cut(name, NAME_BYTES - bytes(extension))) + extension;
    }

    /// As many whole characters as fit.
    private static String cut(String text, int bytes) {
        var out = ByteBuffer.allocate(bytes);
        var in = CharBuffer.wrap(text);
        StandardCharsets.UTF_8.newEncoder().encode(in, out, true);
        return text.substring(0, in.position());
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
