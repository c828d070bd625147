package ferry.manifest;

import ferry.crypto.AgeIdentities;
import ferry.crypto.CryptoException;
import ferry.storage.ObjectKey;
import ferry.storage.Upload;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Compares a manifest with the objects it names, without the service: a folder is enough. Reads the manifest twice as
/// a stream, first for its signature, and every object once; of a manifest it holds the names of its objects.
///
/// Anybody may have written the manifest and the folder. With trusted keys no object is touched before the signature
/// fits; nothing is read outside the bucket or through a link; and what is told holds no control character.
///
/// One thread, used once.
public final class Verification {
    private static final String SCHEMA = "1";
    private static final int SIGNATURE_BYTES = 64;
    /// Most characters of a line that is told.
    private static final int LONGEST_LINE = 2000;

    private static final Pattern UUID =
            Pattern.compile("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}");
    /// A manifest may have any number of lines; one line is short.
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(16)
                            .maxStringLength(1 << 20)
                            .build())
                    .build())
            // an object of a list is read by itself
            .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final Path manifest;
    private final Optional<Path> elsewhere;
    private final Optional<PublicKeys> trusted;
    private final Optional<AgeIdentities> identities;
    private final Watcher watcher;

    private final Set<String> listed = new HashSet<>();
    private final Map<String, String> head = new HashMap<>();
    private JsonNode signature = JSON.createObjectNode();
    private JsonNode counts = JSON.createObjectNode();
    private boolean complete;
    private long objects;
    private long bytes;
    private long unread;
    private long problems;

    /// @param manifest the file; its signature is expected beside it
    /// @param elsewhere the folder that keys are relative to, where it is not the manifest's own; nothing outside
    /// it is looked at
    /// @param trusted keys known to be the organisation's; empty to see only whether manifest and signature fit,
    /// and then nothing outside the folder is looked at
    /// @param identities open what is encrypted; empty to compare only its length
    public Verification(
            Path manifest,
            Optional<Path> elsewhere,
            Optional<PublicKeys> trusted,
            Optional<AgeIdentities> identities,
            Watcher watcher) {
        this.manifest = manifest;
        this.elsewhere = elsewhere;
        this.trusted = trusted;
        this.identities = identities;
        this.watcher = watcher;
    }

    /// Hears what is found while it is found.
    public interface Watcher {
        /// Something is not as the manifest says.
        ///
        /// @param line one line for people, without control characters
        void problem(String line);

        /// It is so far.
        ///
        /// @param done bytes of content that were compared
        /// @param total 0 while that is not known
        void progress(long done, long total);
    }

    /// What was found. No text in it holds a control character.
    ///
    /// @param poll the id of the poll that the manifest says it is of
    /// @param completed when that was completed, as the manifest says
    /// @param objects how many the manifest names
    /// @param bytes of their content
    /// @param unread how many encrypted ones were compared by their length alone
    /// @param complete what the manifest says of the poll
    /// @param key the id of the key that signed
    public record Found(
            String poll,
            String completed,
            long objects,
            long bytes,
            long unread,
            long problems,
            boolean complete,
            String key) {}

    /// Compares everything; where keys are trusted and none has signed the manifest, no object.
    ///
    /// @throws IOException where the manifest itself cannot be read
    /// @throws JacksonException where it is no JSON
    public Found run() throws IOException {
        var sha256 = read(this::head);
        if (!SCHEMA.equals(head.get("schema"))) {
            problem("This is no manifest of a kind that is known here.");
        }
        if (isSigned(sha256) || trusted.isEmpty()) {
            compareAll(sha256);
        }
        return new Found(
                printable(head.getOrDefault("poll", "")),
                printable(head.getOrDefault("date_completed", "")),
                objects,
                bytes,
                unread,
                problems,
                complete,
                printable(text(signature, "key")));
    }

    private void compareAll(String sha256) throws IOException {
        var beside = parent(manifest.toAbsolutePath()).toRealPath();
        var folder = elsewhere.isPresent() ? elsewhere.get().toRealPath() : beside;
        isOf(beside);
        if (!folder.equals(beside)) {
            isOf(folder);
        }
        var reach = new Reach(folder, up(folder));
        var again = read((name, parser) -> objects(name, parser, reach));
        if (!again.equals(sha256)) {
            problem("The manifest was changed while it was read.");
        }
        if (counts.path("objects").asLong(-1) != objects) {
            problem("The manifest counts " + counts.path("objects").asLong(-1) + " objects and names " + objects + ".");
        }
        unlisted(folder);
    }

    /// Reads one field of the manifest, or skips it. The parser is at its value, and then at the value's end.
    private interface Field {
        void read(String name, JsonParser parser);
    }

    /// Reads all of the manifest.
    ///
    /// @return its SHA-256, hex
    private String read(Field field) throws IOException {
        var digest = digest("SHA-256");
        try (var in = new DigestInputStream(Files.newInputStream(manifest), digest);
                var parser = JSON.createParser(in)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException(manifest + " is no manifest: it does not begin with {");
            }
            while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
                var name = parser.currentName();
                parser.nextToken();
                field.read(name, parser);
            }
            in.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private void head(String name, JsonParser parser) {
        if (parser.currentToken() == JsonToken.START_ARRAY) {
            parser.skipChildren();
            return;
        }
        JsonNode value = JSON.readTree(parser);
        switch (name) {
            case "schema", "poll", "date_completed", "key" -> head.put(name, value.asString(""));
            case "signature" -> signature = value;
            case "counts" -> counts = value;
            case "complete" -> complete = value.asBoolean(false);
            default -> {
                // for people
            }
        }
    }

    private void objects(String name, JsonParser parser, Reach reach) {
        if (parser.currentToken() == JsonToken.START_ARRAY && name.equals("objects")) {
            while (parser.nextToken() == JsonToken.START_OBJECT) {
                object(JSON.readTree(parser), reach);
            }
        } else {
            parser.skipChildren();
        }
    }

    /// What objects may be looked at.
    ///
    /// @param folder a real path, that keys are relative to
    /// @param up how many folders above it belong to the bucket
    private record Reach(Path folder, int up) {}

    /// As many folders above as are named as in the manifest's own key, so that the bucket is never left. None where
    /// nobody vouches for the manifest, or a folder was given.
    private int up(Path folder) {
        if (trusted.isEmpty() || elsewhere.isPresent()) {
            return 0;
        }
        var named = List.of(head.getOrDefault("key", "").split("/", -1));
        int same = 0;
        while (same < named.size() - 1
                && same < folder.getNameCount()
                && folder.getName(folder.getNameCount() - 1 - same)
                        .toString()
                        .equals(named.get(named.size() - 2 - same))) {
            same++;
        }
        return same;
    }

    /// A manifest that was moved to another poll's folder would pass that one's objects off as its own.
    private void isOf(Path folder) {
        var name = String.valueOf(folder.getFileName());
        var poll = head.getOrDefault("poll", "");
        if (UUID.matcher(name).matches() && !name.equalsIgnoreCase(poll)) {
            problem("The manifest is of poll " + poll + ", and the folder is that of poll " + name + ".");
        }
    }

    private static Path parent(Path file) {
        var parent = file.getParent();
        return parent == null ? file : parent;
    }

    private boolean isSigned(String sha256) {
        var file = manifest.resolveSibling(manifest.getFileName() + ObjectKey.SIGNATURE);
        try {
            return isSigned(sha256, signature(file));
        } catch (NoSuchFileException _) {
            problem("The signature is missing: there is no " + file + ".");
        } catch (IOException e) {
            problem("The signature cannot be read (" + e.getClass().getSimpleName() + ").");
        }
        return false;
    }

    /// A byte more than a signature has is enough to see that it is none.
    private static byte[] signature(Path file) throws IOException {
        if (!Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .isRegularFile()) {
            return new byte[0];
        }
        try (var in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            return in.readNBytes(SIGNATURE_BYTES + 1);
        }
    }

    private boolean isSigned(String sha256, byte[] given) {
        var id = text(signature, "key");
        if (trusted.isPresent() && !trusted.get().ids().contains(id)) {
            problem("The manifest is signed with key " + id + ", and the given key is " + trusted.get() + ".");
            return false;
        }
        var keys = trusted.or(() -> PublicKeys.of(text(signature, "public_key")));
        if (keys.isEmpty() || !keys.get().verify(id, Signed.line(sha256), given)) {
            problem("The signature does not fit: the manifest or its signature was changed.");
            return false;
        }
        return true;
    }

    private void object(JsonNode object, Reach reach) {
        objects++;
        var key = text(object, "key");
        if (key.isEmpty()) {
            problem("Not in this bucket: " + text(object, "identifier") + " lies at " + text(object, "url") + ".");
            return;
        }
        var path = path(key, reach);
        if (path.isEmpty()) {
            problem("The manifest names something outside " + bounds() + ": " + key);
            return;
        }
        listed.add(key);
        try {
            compare(key, path.get(), object);
        } catch (NoSuchFileException _) {
            problem("Missing: " + key);
        } catch (IOException e) {
            problem("Cannot be read: " + key + " (" + e.getClass().getSimpleName() + ")");
        }
    }

    private String bounds() {
        if (elsewhere.isPresent()) {
            return "the given folder";
        }
        return trusted.isPresent() ? "its bucket" : "its folder, which is followed only with a key";
    }

    private void compare(String key, Path path, JsonNode object) throws IOException {
        var attributes = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isRegularFile() || isBehindLink(path)) {
            problem("Not a file: " + key);
            return;
        }
        boolean encrypted = object.hasNonNull("encryption");
        long expected = object.path(encrypted ? "stored_size" : "size").asLong(-1);
        if (attributes.size() != expected) {
            problem("Wrong size: " + key + " has " + attributes.size() + " bytes, not " + expected + ".");
            return;
        }
        if (encrypted && identities.isEmpty()) {
            unread++;
            return;
        }
        try (var in = Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS)) {
            compare(key, encrypted ? opened(in) : in, object);
        } catch (CryptoException e) {
            problem("Cannot be decrypted: " + key + ": " + e.getMessage() + ".");
        }
    }

    /// Whether one of its folders is a link: the path begins with a real one.
    private static boolean isBehindLink(Path path) throws IOException {
        return !path.toRealPath().equals(path.toRealPath(LinkOption.NOFOLLOW_LINKS));
    }

    private InputStream opened(InputStream in) throws IOException {
        return Channels.newInputStream(identities.orElseThrow().decrypting(Channels.newChannel(in)));
    }

    private void compare(String key, InputStream in, JsonNode object) throws IOException {
        var md5 = digest("MD5");
        var sha256 = digest("SHA-256");
        var buffer = new byte[Upload.PIECE];
        long length = 0;
        long total = counts.path("bytes").asLong(0);
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            md5.update(buffer, 0, read);
            sha256.update(buffer, 0, read);
            length += read;
            bytes += read;
            watcher.progress(bytes, total);
        }
        if (length != object.path("size").asLong(-1)) {
            problem("Wrong size: " + key + " holds " + length + " bytes, not "
                    + object.path("size").asLong(-1) + ".");
        } else if (!fits(object, "sha256", sha256) || !fits(object, "md5", md5)) {
            problem("Changed: " + key);
        }
    }

    /// Whether the hash is the manifest's; what was published before there were manifests has no SHA-256.
    private static boolean fits(JsonNode object, String name, MessageDigest digest) {
        var found = HexFormat.of().formatHex(digest.digest());
        return object.hasNonNull(name)
                ? found.equals(text(object, name).toLowerCase(Locale.ROOT))
                : name.equals("sha256");
    }

    /// Where a key leads; empty where it would leave what may be looked at.
    private static Optional<Path> path(String key, Reach reach) {
        int up = 0;
        boolean down = false;
        for (var segment : List.of(key.split("/", -1))) {
            if (segment.equals("..") && !down) {
                up++;
            } else if (segment.isEmpty() || segment.equals(".") || segment.equals("..") || segment.indexOf('\0') >= 0) {
                return Optional.empty();
            } else {
                down = true;
            }
        }
        try {
            return down && up <= reach.up()
                    ? Optional.of(reach.folder().resolve(key).normalize())
                    : Optional.empty();
        } catch (InvalidPathException _) {
            return Optional.empty();
        }
    }

    private void unlisted(Path folder) throws IOException {
        var own = Set.of(ObjectKey.MANIFEST, ObjectKey.MANIFEST + ObjectKey.SIGNATURE);
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                var key = key(file);
                if (!own.contains(key) && !listed.contains(key)) {
                    problem("Not in the manifest: " + key);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                return unread(file, e);
            }

            @Override
            public FileVisitResult postVisitDirectory(Path file, @Nullable IOException e) {
                return e == null ? FileVisitResult.CONTINUE : unread(file, e);
            }

            private FileVisitResult unread(Path file, IOException e) {
                problem("Cannot be read: " + key(file) + " (" + e.getClass().getSimpleName() + ")");
                return FileVisitResult.CONTINUE;
            }

            private String key(Path file) {
                return folder.relativize(file)
                        .toString()
                        .replace(file.getFileSystem().getSeparator(), "/");
            }
        });
    }

    private void problem(String line) {
        problems++;
        watcher.problem(printable(line));
    }

    /// Keys, names and whatever else others wrote, so that a terminal shows it and does nothing else with it.
    private static String printable(String text) {
        var shown = new StringBuilder();
        text.codePoints().limit(LONGEST_LINE).forEach(c -> {
            switch (Character.getType(c)) {
                case Character.CONTROL,
                        Character.FORMAT,
                        Character.SURROGATE,
                        Character.PRIVATE_USE,
                        Character.UNASSIGNED,
                        Character.LINE_SEPARATOR,
                        Character.PARAGRAPH_SEPARATOR ->
                    shown.append("\\u{").append(Integer.toHexString(c)).append('}');
                default -> shown.appendCodePoint(c);
            }
        });
        return shown.toString();
    }

    private static String text(JsonNode node, String name) {
        return node.path(name).asString("");
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has " + algorithm, e);
        }
    }
}
