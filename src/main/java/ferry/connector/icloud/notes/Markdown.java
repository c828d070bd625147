package ferry.connector.icloud.notes;

import ferry.connector.icloud.notes.NoteBody.Format;
import ferry.connector.icloud.notes.NoteBody.Kind;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Writes a note's body as Markdown (CommonMark, with the task lists and strikethrough of GitHub's). The
/// owner's own characters never become marks. Empty lines, spaces at the edges of lines, underlining and
/// colours have no place in it; the plain text has them.
final class Markdown implements Line.Writer {
    private static final Pattern SPECIAL = Pattern.compile("[\\\\`*_\\[\\]<>~|&]");
    /// What would begin a block at the start of a line.
    private static final Pattern OPENING = Pattern.compile("^(#|[-+=]|\\d+(?=[.)]))");
    private static final Pattern TICKS = Pattern.compile("`+");
    /// A link of another scheme might run something where it is shown.
    private static final Set<String> SCHEMES = Set.of(
            "http", "https", "mailto", "tel", "sms", "facetime", "applenotes", "mobilenotes", "ftp", "geo", "maps");

    private final StringBuilder out = new StringBuilder();
    /// The next number of a numbered list at each depth.
    private final int[] numbers = new int[64];
    private @Nullable Kind previous;
    /// How deep the last list item lies; one that is deeper by two would be code.
    private int depth;

    private Markdown() {}

    static String of(NoteBody body, Inserts inserts) {
        var markdown = new Markdown();
        Line.write(lines(body, inserts), inserts.tables(), markdown);
        return markdown.out.toString();
    }

    private static List<Line> lines(NoteBody body, Inserts inserts) {
        return Line.of(body, Format::withoutUnderline, inserts.tables().keySet());
    }

    /// As GitHub writes it: the first row is the head, and each cell one line.
    @Override
    public void table(NoteTable table) {
        separate("\n\n");
        previous = Kind.TEXT;
        row(table.rows().getFirst());
        out.append("\n|").append(" --- |".repeat(table.rows().getFirst().size()));
        table.rows().stream().skip(1).forEach(cells -> {
            out.append('\n');
            row(cells);
        });
    }

    private void row(List<NoteBody> cells) {
        out.append('|');
        for (var cell : cells) {
            var lines = lines(cell, Inserts.NONE).stream().map(Markdown::inline);
            out.append(' ').append(lines.collect(Collectors.joining("<br>"))).append(" |");
        }
    }

    @Override
    public void line(Line line) {
        var kind = line.paragraph().kind();
        var text = inline(line);
        if (text.isEmpty() && kind != Kind.CHECK) {
            if (!kind.isList()) {
                previous = kind;
            }
            return;
        }
        boolean goesOn = kind.isList() && previous != null && previous.isList();
        separate(goesOn ? "\n" : "\n\n");
        if (!goesOn) {
            Arrays.fill(numbers, 0);
        }
        previous = kind;
        if (kind.isList()) {
            depth = goesOn ? Math.min(line.paragraph().indent(), depth + 1) : 0;
            Arrays.fill(numbers, depth + 1, numbers.length, 0);
            numbers[depth] = kind == Kind.NUMBER ? numbers[depth] + 1 : 0;
            out.repeat("    ", depth);
        }
        out.append(
                switch (kind) {
                    case TITLE -> "# ";
                    case HEADING -> "## ";
                    case SUBHEADING -> "### ";
                    case BULLET -> "* ";
                    case DASH -> "- ";
                    case NUMBER -> numbers[depth] + ". ";
                    case CHECK -> line.paragraph().done() ? "- [x] " : "- [ ] ";
                    case MONO, TEXT -> "";
                });
        out.append(text);
    }

    @Override
    public void code(String code) {
        if (!code.isBlank()) {
            separate("\n\n");
            int ticks = TICKS.matcher(code)
                    .results()
                    .mapToInt(found -> found.end() - found.start())
                    .max()
                    .orElse(0);
            var fence = "`".repeat(Math.max(3, ticks + 1));
            out.append(fence).append('\n').append(code).append('\n').append(fence);
        }
        previous = Kind.MONO;
    }

    private void separate(String by) {
        if (!out.isEmpty()) {
            out.append(by);
        }
    }

    private static String inline(Line line) {
        var text = new StringBuilder();
        for (var piece : line.pieces()) {
            text.append(piece.attached()
                    .map(attached -> "![](" + attached.address() + ")")
                    .orElseGet(() -> marked(piece)));
        }
        // Spaces at the start could make the line code.
        return OPENING.matcher(text.toString().strip()).replaceFirst(Markdown::escapedOpening);
    }

    private static String escapedOpening(MatchResult opening) {
        var found = opening.group();
        return Character.isDigit(found.charAt(0)) ? found + "\\\\" : "\\\\" + found;
    }

    private static String marked(Line.Piece piece) {
        var letters = piece.letters();
        var core = letters.strip();
        if (core.isEmpty()) {
            return letters;
        }
        int start = letters.indexOf(core);
        var format = piece.format();
        var marked =
                format.link().map(link -> linked(escaped(core), format, link)).orElseGet(() -> escaped(core));
        var strike = format.strike() ? "~~" : "";
        var weight = (format.bold() ? "**" : "") + (format.italic() ? "*" : "");
        return letters.substring(0, start)
                + weight
                + strike
                + marked
                + strike
                + new StringBuilder(weight).reverse()
                + letters.substring(start + core.length());
    }

    private static String linked(String text, Format format, String link) {
        return format.address(SCHEMES)
                .map(address -> "[" + text + "](" + address + ")")
                .orElseGet(() -> text + " (" + escaped(link.strip()) + ")");
    }

    /// Soft line breaks stay breaks.
    private static String escaped(String text) {
        return SPECIAL.matcher(text)
                .replaceAll(special -> "\\\\\\" + special.group())
                .replace("\u2028", "<br>")
                .replace("\r", "<br>");
    }
}
