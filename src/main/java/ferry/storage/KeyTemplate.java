package ferry.storage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// How the keys below a config's path are made: segments with `{poll}`, `{kind}`, `{id}` and `{name}` in them. All
/// of these are the object's identity, so a repeated attempt writes the same object, and no two objects meet.
///
/// @param text as the client gave it; a checked one comes from [#parse]
public record KeyTemplate(String text) {
    /// What applies where a config names none.
    public static final KeyTemplate DEFAULT = new KeyTemplate("{poll}/{kind}/{id}/{name}");

    private static final int LONGEST = 200;
    private static final Pattern HOLE = Pattern.compile("\\{([a-z]*)}");
    private static final String NAME = "{name}";
    private static final List<String> KINDS = List.of("files", "data", "info", "forms");
    private static final String POLL = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
    private static final Pattern MANIFEST = Pattern.compile(POLL + "/manifest\\.json(\\.sig)?");

    /// What a client's template says.
    public sealed interface Parsed {
        /// It can be used.
        record Good(KeyTemplate template) implements Parsed {}

        /// It cannot.
        ///
        /// @param sentence what is wrong with it
        record Bad(String sentence) implements Parsed {}
    }

    /// Reads a client's template.
    public static Parsed parse(String text) {
        if (text.length() > LONGEST) {
            return new Parsed.Bad("is longer than " + LONGEST + " characters");
        }
        var holes = HOLE.matcher(text).results().map(found -> found.group(1)).toList();
        for (var hole : holes) {
            if (!List.of("poll", "kind", "id", "name").contains(hole)) {
                return new Parsed.Bad("knows {poll}, {kind}, {id} and {name}, not {" + hole + "}");
            }
        }
        if (!holes.contains("poll") || !holes.contains("id")) {
            return new Parsed.Bad("must hold {poll} and {id}, or two objects could meet under one key");
        }
        var segments = List.of(text.split("/", -1));
        if (segments.stream().limit(segments.size() - 1L).anyMatch(s -> s.contains(NAME))
                || (segments.getLast().contains(NAME) && !segments.getLast().equals(NAME))) {
            return new Parsed.Bad("may hold {name} only as its last part, alone between slashes");
        }
        if (!segments.stream().allMatch(s -> Destination.Names.isSegment(plain(s)))) {
            return new Parsed.Bad("may hold letters, digits, dot, hyphen and underscore between its slashes; "
                    + "no part may be empty or begin with a dot");
        }
        if (segments.contains(ObjectKey.MANIFEST) || segments.contains(ObjectKey.MANIFEST + ObjectKey.SIGNATURE)) {
            return new Parsed.Bad("may hold no part " + ObjectKey.MANIFEST + ", which is the manifest's own name");
        }
        return new Parsed.Good(new KeyTemplate(text));
    }

    /// What the keys of a poll's results begin with, whatever is in them; empty where an id comes before the poll.
    List<String> prefixes(UUID poll) {
        var before = text.substring(0, text.indexOf("{poll}"));
        if (before.contains("{id}")) {
            return List.of();
        }
        var kinds = before.contains("{kind}") ? KINDS : List.of("");
        return kinds.stream().map(kind -> before.replace("{kind}", kind) + poll).toList();
    }

    /// Whether it is the key of a manifest, or of its signature.
    static boolean isManifest(String below) {
        return MANIFEST.matcher(below).matches();
    }

    /// The segments of a file's key below the config's path.
    List<String> file(UUID poll, String id, String name) {
        return segments(poll, "files", id, name);
    }

    /// The segments of a feed's key. They always carry the attempt.
    List<String> feed(UUID poll, String kind, String type, int attempt) {
        var segments = new ArrayList<>(segments(poll, kind, type, attempt + ".json"));
        if (!text.endsWith(NAME)) {
            segments.addLast(segments.removeLast() + "." + attempt + ".json");
        }
        return segments;
    }

    /// The segments of the key of a feed's other forms. Where the name is not in it, the form's extension is.
    ///
    /// @param kind `forms`, or `files` for what lies beside a file
    List<String> form(UUID poll, String kind, String id, String name, String extension) {
        var segments = new ArrayList<>(segments(poll, kind, id, name));
        if (!text.endsWith(NAME)) {
            segments.addLast(segments.removeLast() + "." + extension);
        }
        return segments;
    }

    /// Whether this template made the key, which lies below the config's path, or it is a manifest's: told by its
    /// shape alone.
    ///
    /// @param below the key without the path
    boolean made(String below) {
        var shape = new StringBuilder();
        var hole = HOLE.matcher(text);
        int from = 0;
        while (hole.find()) {
            shape.append(Pattern.quote(text.substring(from, hole.start()))).append(shape(hole));
            from = hole.end();
        }
        shape.append(Pattern.quote(text.substring(from))).append("(\\.[0-9]+\\.json|\\.[a-z]{2,5})?(\\.age)?");
        return Pattern.matches(shape.toString(), below)
                || MANIFEST.matcher(below).matches();
    }

    private static String shape(Matcher hole) {
        return switch (hole.group(1)) {
            case "poll" -> POLL;
            case "kind" -> "(" + String.join("|", KINDS) + ")";
            case "id" -> "[0-9a-f]{32}";
            default -> "[^/]+";
        };
    }

    /// Without `{kind}` in the key, the kind goes into the hash: one type may name data and info.
    private List<String> segments(UUID poll, String kind, String id, String name) {
        var identity = text.contains("{kind}") ? id : kind + "/" + id;
        var values = Map.of("poll", poll.toString(), "kind", kind, "id", ObjectKey.hash(identity), "name", name);
        return Arrays.stream(text.split("/", -1))
                .map(segment -> HOLE.matcher(segment)
                        .replaceAll(hole -> Matcher.quoteReplacement(
                                Optional.ofNullable(values.get(hole.group(1))).orElseThrow())))
                .toList();
    }

    private static String plain(String segment) {
        return HOLE.matcher(segment).replaceAll("x");
    }
}
