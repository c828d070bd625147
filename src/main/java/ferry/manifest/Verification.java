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
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Compares a manifest with the objects it names, without the service: a folder is enough. Reads the manifest as a
/// stream and every object once; of a manifest it holds the names of its objects.
///
/// One thread, used once.
public final class Verification {
    private static final String SCHEMA = "1";
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
    private final Path folder;
    private final Optional<PublicKeys> trusted;
    private final Optional<AgeIdentities> identities;
    private final Watcher watcher;

    private final Set<String> listed = new HashSet<>();
    private JsonNode signature = JSON.createObjectNode();
    private JsonNode counts = JSON.createObjectNode();
    private Optional<String> schema = Optional.empty();
    private int depth;
    private boolean complete;
    private long objects;
    private long bytes;
    private long unread;
    private long problems;

    /// @param manifest the file; its signature is expected beside it
    /// @param folder what the objects' keys are relative to: the manifest's own folder, unless they were moved
    /// @param trusted keys known to be the organisation's; empty to see only whether manifest and signature fit
    /// @param identities open what is encrypted; empty to compare only its length
    public Verification(
            Path manifest,
            Path folder,
            Optional<PublicKeys> trusted,
            Optional<AgeIdentities> identities,
            Watcher watcher) {
        this.manifest = manifest;
        this.folder = folder;
        this.trusted = trusted;
        this.identities = identities;
        this.watcher = watcher;
    }

    /// Hears what is found while it is found.
    public interface Watcher {
        /// Something is not as the manifest says.
        ///
        /// @param line one line for people
        void problem(String line);

        /// It is so far.
        ///
        /// @param done bytes of content that were compared
        /// @param total 0 while that is not known
        void progress(long done, long total);
    }

    /// What was found.
    ///
    /// @param objects how many the manifest names
    /// @param bytes of their content
    /// @param unread how many encrypted ones were compared by their length alone
    /// @param complete what the manifest says of the poll
    /// @param key the id of the key that signed
    public record Found(long objects, long bytes, long unread, long problems, boolean complete, String key) {}

    /// Compares everything.
    ///
    /// @throws IOException where the manifest itself cannot be read
    /// @throws JacksonException where it is no JSON
    public Found run() throws IOException {
        var digest = digest("SHA-256");
        try (var in = new DigestInputStream(Files.newInputStream(manifest), digest);
                var parser = JSON.createParser(in)) {
            read(parser);
            in.transferTo(OutputStream.nullOutputStream());
        }
        if (!schema.equals(Optional.of(SCHEMA))) {
            problem("This is no manifest of a kind that is known here.");
        }
        signed(HexFormat.of().formatHex(digest.digest()));
        if (counts.path("objects").asLong(-1) != objects) {
            problem("The manifest counts " + counts.path("objects").asLong(-1) + " objects and names " + objects + ".");
        }
        unlisted();
        return new Found(objects, bytes, unread, problems, complete, text(signature, "key"));
    }

    private void read(JsonParser parser) throws IOException {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw new IOException(manifest + " is no manifest: it does not begin with {");
        }
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            var name = parser.currentName();
            var token = parser.nextToken();
            if (token == JsonToken.START_ARRAY && name.equals("objects")) {
                while (parser.nextToken() == JsonToken.START_OBJECT) {
                    object(JSON.readTree(parser));
                }
            } else if (token == JsonToken.START_ARRAY) {
                parser.skipChildren();
            } else {
                field(name, JSON.readTree(parser));
            }
        }
    }

    private void field(String name, JsonNode value) {
        switch (name) {
            case "schema" -> schema = Optional.of(value.asString(""));
            case "key" -> depth = value.asString("").split("/", -1).length - 1;
            case "signature" -> signature = value;
            case "counts" -> counts = value;
            case "complete" -> complete = value.asBoolean(false);
            default -> {
                // for people
            }
        }
    }

    private void signed(String sha256) throws IOException {
        byte[] given;
        var file = manifest.resolveSibling(manifest.getFileName() + ObjectKey.SIGNATURE);
        try {
            given = Files.readAllBytes(file);
        } catch (NoSuchFileException _) {
            problem("The signature is missing: there is no " + file + ".");
            return;
        }
        var id = text(signature, "key");
        if (trusted.isPresent() && !trusted.get().ids().contains(id)) {
            problem("The manifest is signed with key " + id + ", and the given key is " + trusted.get() + ".");
            return;
        }
        var keys = trusted.or(() -> PublicKeys.of(text(signature, "public_key")));
        if (keys.isEmpty() || !keys.get().verify(id, Signed.line(sha256), given)) {
            problem("The signature does not fit: the manifest or its signature was changed.");
        }
    }

    private void object(JsonNode object) {
        objects++;
        var key = text(object, "key");
        if (key.isEmpty()) {
            problem("Not in this bucket: " + text(object, "identifier") + " lies at " + text(object, "url") + ".");
            return;
        }
        var path = path(key);
        if (path.isEmpty()) {
            problem("The manifest names something outside its bucket: " + key);
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

    private void compare(String key, Path path, JsonNode object) throws IOException {
        var attributes = Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        if (!attributes.isRegularFile()) {
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
        try (var in = Files.newInputStream(path)) {
            compare(key, encrypted ? opened(in) : in, object);
        } catch (CryptoException e) {
            problem("Cannot be decrypted: " + key + ": " + e.getMessage() + ".");
        }
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

    /// Where a key leads; empty where it would leave the bucket.
    private Optional<Path> path(String key) {
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
        return down && up <= depth ? Optional.of(folder.resolve(key).normalize()) : Optional.empty();
    }

    private void unlisted() throws IOException {
        var own = Set.of(ObjectKey.MANIFEST, ObjectKey.MANIFEST + ObjectKey.SIGNATURE);
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                var key = folder.relativize(file)
                        .toString()
                        .replace(file.getFileSystem().getSeparator(), "/");
                if (!own.contains(key) && !listed.contains(key)) {
                    problem("Not in the manifest: " + key);
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private void problem(String line) {
        problems++;
        watcher.problem(line);
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
