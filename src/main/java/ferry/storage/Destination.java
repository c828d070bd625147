package ferry.storage;

import java.util.Arrays;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/// Where a storage config says results go: `<type>://<bucket>/<path in bucket>`, checked. A new kind of storage
/// is a new record here, and the compiler asks for the rest.
public sealed interface Destination {
    /// Most characters of a path, so that keys stay within what every storage takes.
    int PATH_LENGTH = 400;

    /// What is said of a name that no bucket can have.
    String BAD_BUCKET =
            "The bucket's name must be 3 to 63 characters of a-z, 0-9, dot and hyphen, " + "without two dots in a row.";

    /// The same for Google's, which may be longer and hold underscores.
    String BAD_GCS_BUCKET = "The bucket's name must be 3 to 222 characters of a-z, 0-9, dot, hyphen and underscore, "
            + "without two dots in a row.";

    /// A folder on this machine.
    ///
    /// @param bucket its name, `[a-z0-9.-]{3,63}` without `..`
    /// @param path inside the bucket, without slashes at its ends; empty for its root
    record Local(String bucket, String path) implements Destination {
        public Local {
            if (!Names.isBucket(bucket) || !Names.isPath(path)) {
                throw new IllegalArgumentException("not a checked destination: " + bucket + "/" + path);
            }
        }

        @Override
        public String type() {
            return "local";
        }
    }

    /// A bucket of Amazon S3, or of a store that speaks its protocol.
    record S3(String bucket, String path) implements Destination {
        public S3 {
            if (!Names.isBucket(bucket) || !Names.isPath(path)) {
                throw new IllegalArgumentException("not a checked destination: " + bucket + "/" + path);
            }
        }

        @Override
        public String type() {
            return "s3";
        }
    }

    /// A bucket of Google Cloud Storage.
    ///
    /// @param bucket its name, `[a-z0-9._-]{3,222}` without `..`
    record Gcs(String bucket, String path) implements Destination {
        public Gcs {
            if (!Names.isGcsBucket(bucket) || !Names.isPath(path)) {
                throw new IllegalArgumentException("not a checked destination: " + bucket + "/" + path);
            }
        }

        @Override
        public String type() {
            return "gs";
        }
    }

    /// The word of the config's `type` on the wire.
    String type();

    /// The bucket's name.
    String bucket();

    /// The path inside the bucket, without slashes at its ends; empty for its root.
    String path();

    /// What a URL given by a client says.
    sealed interface Parsed {
        /// It names a destination.
        record Good(Destination destination) implements Parsed {}

        /// It does not.
        ///
        /// @param sentence what is wrong with it, for the client's developer
        record Bad(String sentence) implements Parsed {}
    }

    /// Reads a config's `url`.
    static Parsed parse(String url) {
        int colon = url.indexOf("://");
        if (colon < 0) {
            return new Parsed.Bad("The URL must look like s3://<bucket>/<path>, gs://… or local://….");
        }
        var rest = url.substring(colon + 3);
        int slash = rest.indexOf('/');
        var bucket = slash < 0 ? rest : rest.substring(0, slash);
        var path = slash < 0 ? "" : stripped(rest.substring(slash));
        return switch (url.substring(0, colon)) {
            case "local" ->
                Names.isBucket(bucket) ? good(path, () -> new Local(bucket, path)) : new Parsed.Bad(BAD_BUCKET);
            case "s3" -> Names.isBucket(bucket) ? good(path, () -> new S3(bucket, path)) : new Parsed.Bad(BAD_BUCKET);
            case "gs" ->
                Names.isGcsBucket(bucket) ? good(path, () -> new Gcs(bucket, path)) : new Parsed.Bad(BAD_GCS_BUCKET);
            default -> new Parsed.Bad("The URL must begin with s3://, gs:// or local://, the type of the storage.");
        };
    }

    /// The destination of a URL that was checked before it was stored.
    ///
    /// @throws IllegalArgumentException if it was not
    static Destination of(String url) {
        return switch (parse(url)) {
            case Parsed.Good(var destination) -> destination;
            case Parsed.Bad(var sentence) -> throw new IllegalArgumentException(sentence);
        };
    }

    private static Parsed good(String path, Supplier<Destination> destination) {
        if (!Names.isPath(path)) {
            return new Parsed.Bad(
                    "The path may hold letters, digits, dot, hyphen and underscore between its slashes, at most "
                            + PATH_LENGTH + " characters; no part may be empty or begin with a dot.");
        }
        return new Parsed.Good(destination.get());
    }

    private static String stripped(String path) {
        int from = 0;
        int to = path.length();
        while (from < to && path.charAt(from) == '/') {
            from++;
        }
        while (to > from && path.charAt(to - 1) == '/') {
            to--;
        }
        return path.substring(from, to);
    }

    /// The rules of names, package-wide.
    final class Names {
        private static final Pattern BUCKET = Pattern.compile("[a-z0-9.-]{3,63}");
        private static final Pattern GCS_BUCKET = Pattern.compile("[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]");
        private static final Pattern SEGMENT = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}");

        private Names() {}

        static boolean isBucket(String name) {
            return BUCKET.matcher(name).matches() && !name.contains("..");
        }

        static boolean isGcsBucket(String name) {
            return GCS_BUCKET.matcher(name).matches() && !name.contains("..");
        }

        static boolean isPath(String path) {
            return path.isEmpty()
                    || (path.length() <= PATH_LENGTH
                            && Arrays.stream(path.split("/", -1)).allMatch(Names::isSegment));
        }

        /// Whether this may stand between two slashes of a config's path. A leading dot is ours: no key of a
        /// client ever meets the folder of unfinished uploads.
        static boolean isSegment(String segment) {
            return SEGMENT.matcher(segment).matches();
        }
    }
}
