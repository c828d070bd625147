package ferry.manifest;

import ferry.crypto.AgeIdentities;
import ferry.storage.ObjectKey;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
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
    private final Findings findings;

    private final Set<String> listed = new HashSet<>();
    private final Map<String, String> head = new HashMap<>();
    private JsonNode signature = JSON.createObjectNode();
    private JsonNode counts = JSON.createObjectNode();
    private boolean complete;
    private long objects;
    private long bytes;
    private long unread;

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
        this.findings = new Findings(watcher);
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
            findings.problem("This is no manifest of a kind that is known here.");
        }
        if (isSigned(sha256) || trusted.isEmpty()) {
            compareAll(sha256);
        }
        return new Found(
                Findings.printable(head.getOrDefault("poll", "")),
                Findings.printable(head.getOrDefault("date_completed", "")),
                objects,
                bytes,
                unread,
                findings.problems(),
                complete,
                Findings.printable(text(signature, "key")));
    }

    private void compareAll(String sha256) throws IOException {
        var beside = parent(manifest.toAbsolutePath()).toRealPath();
        var folder = elsewhere.isPresent() ? elsewhere.get().toRealPath() : beside;
        isOf(beside);
        if (!folder.equals(beside)) {
            isOf(folder);
        }
        var reach = reach(folder);
        var comparison =
                new Comparison(identities, findings, counts.path("bytes").asLong(0));
        var again = read((name, parser) -> objects(name, parser, reach, comparison));
        bytes = comparison.bytes();
        unread = comparison.unread();
        if (!again.equals(sha256)) {
            findings.problem("The manifest was changed while it was read.");
        }
        if (counts.path("objects").asLong(-1) != objects) {
            findings.problem(
                    "The manifest counts " + counts.path("objects").asLong(-1) + " objects and names " + objects + ".");
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

    private void objects(String name, JsonParser parser, Reach reach, Comparison comparison) {
        if (parser.currentToken() == JsonToken.START_ARRAY && name.equals("objects")) {
            while (parser.nextToken() == JsonToken.START_OBJECT) {
                object(JSON.readTree(parser), reach, comparison);
            }
        } else {
            parser.skipChildren();
        }
    }

    private Reach reach(Path folder) {
        if (elsewhere.isPresent()) {
            return Reach.given(folder);
        }
        return trusted.isPresent() ? Reach.bucket(folder, head.getOrDefault("key", "")) : Reach.own(folder);
    }

    /// A manifest that was moved to another poll's folder would pass that one's objects off as its own.
    private void isOf(Path folder) {
        var name = String.valueOf(folder.getFileName());
        var poll = head.getOrDefault("poll", "");
        if (UUID.matcher(name).matches() && !name.equalsIgnoreCase(poll)) {
            findings.problem("The manifest is of poll " + poll + ", and the folder is that of poll " + name + ".");
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
            findings.problem("The signature is missing: there is no " + file + ".");
        } catch (IOException e) {
            findings.problem("The signature cannot be read (" + e.getClass().getSimpleName() + ").");
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
            findings.problem("The manifest is signed with key " + id + ", and the given key is " + trusted.get() + ".");
            return false;
        }
        var keys = trusted.or(() -> PublicKeys.of(text(signature, "public_key")));
        if (keys.isEmpty() || !keys.get().verify(id, Signed.line(sha256), given)) {
            findings.problem("The signature does not fit: the manifest or its signature was changed.");
            return false;
        }
        return true;
    }

    private void object(JsonNode object, Reach reach, Comparison comparison) {
        objects++;
        var key = text(object, "key");
        if (key.isEmpty()) {
            findings.problem(
                    "Not in this bucket: " + text(object, "identifier") + " lies at " + text(object, "url") + ".");
            return;
        }
        var path = reach.path(key);
        if (path.isEmpty()) {
            findings.problem("The manifest names something outside " + reach.bounds() + ": " + key);
            return;
        }
        listed.add(key);
        comparison.compare(key, path.get(), object);
    }

    private void unlisted(Path folder) throws IOException {
        var own = Set.of(ObjectKey.MANIFEST, ObjectKey.MANIFEST + ObjectKey.SIGNATURE);
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                var key = key(file);
                if (!own.contains(key) && !listed.contains(key)) {
                    findings.problem("Not in the manifest: " + key);
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
                findings.problem(
                        "Cannot be read: " + key(file) + " (" + e.getClass().getSimpleName() + ")");
                return FileVisitResult.CONTINUE;
            }

            private String key(Path file) {
                return folder.relativize(file)
                        .toString()
                        .replace(file.getFileSystem().getSeparator(), "/");
            }
        });
    }

    private static String text(JsonNode node, String name) {
        return node.path(name).asString("");
    }

    static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has " + algorithm, e);
        }
    }
}
