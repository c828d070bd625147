package ferry.connector.icloud.notes;

import ferry.connector.icloud.notes.NoteBody.Kind;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/// Writes a note's body as HTML, which is well-formed XML too. The owner's own characters never become tags, a link
/// leads to the web, to a mail or a telephone or is written out, and nothing in it can run or load anything.
final class Html implements Line.Writer {
    private static final Set<String> SCHEMES = Set.of("http", "https", "mailto", "tel");

    private final Inserts inserts;
    private final StringBuilder out = new StringBuilder();
    /// The kinds of the lists that are open, the outermost first; each has an item that is open.
    private final Deque<Kind> lists = new ArrayDeque<>();
    /// Empty lines that have no place yet: only between others they are one.
    private int empty;

    private Html(Inserts inserts) {
        this.inserts = inserts;
    }

    static String of(NoteBody body, Inserts inserts) {
        var html = new Html(inserts);
        Line.write(html.lines(body), inserts.tables(), html);
        html.closeLists(0);
        return html.out.toString();
    }

    private List<Line> lines(NoteBody body) {
        return Line.of(body, UnaryOperator.identity(), inserts.tables().keySet());
    }

    @Override
    public void table(NoteTable table) {
        closeLists(0);
        begin().append("<table>\n");
        // What lies in a cell is no table: those are the note's.
        var cell = new Html(Inserts.NONE);
        for (var row : table.rows()) {
            out.append("<tr>");
            for (var body : row) {
                var lines = cell.lines(body).stream().map(cell::inline);
                out.append("<td>")
                        .append(lines.collect(Collectors.joining("<br/>")))
                        .append("</td>");
            }
            out.append("</tr>\n");
        }
        out.append("</table>");
    }

    @Override
    public void line(Line line) {
        var kind = line.paragraph().kind();
        var text = inline(line);
        if (kind.isList()) {
            if (kind == Kind.CHECK || !text.isBlank()) {
                item(line, text);
            }
            return;
        }
        closeLists(0);
        if (text.isBlank()) {
            empty++;
            return;
        }
        var tag = switch (kind) {
            case TITLE -> "h1";
            case HEADING -> "h2";
            case SUBHEADING -> "h3";
            default -> "p";
        };
        begin().append('<').append(tag).append('>').append(text);
        out.append("</").append(tag).append('>');
    }

    private void item(Line line, String text) {
        var kind = line.paragraph().kind();
        int depth = Math.min(line.paragraph().indent(), lists.size());
        closeLists(depth + 1);
        if (lists.size() > depth) {
            if (lists.getLast() == kind) {
                out.append("</li>");
            } else {
                closeLists(depth);
            }
        }
        begin();
        if (lists.size() == depth) {
            lists.addLast(kind);
            out.append(
                    switch (kind) {
                        case NUMBER -> "<ol>\n";
                        case DASH -> "<ul class=\"dash\">\n";
                        case CHECK -> "<ul class=\"checklist\">\n";
                        default -> "<ul>\n";
                    });
        }
        out.append("<li>");
        if (kind == Kind.CHECK) {
            out.append("<input type=\"checkbox\" disabled=\"\"")
                    .append(line.paragraph().done() ? " checked=\"\"" : "")
                    .append("/> ");
        }
        out.append(text);
    }

    /// Closes the innermost lists until so many are open.
    private void closeLists(int depth) {
        while (lists.size() > depth) {
            out.append("</li>\n").append(lists.removeLast() == Kind.NUMBER ? "</ol>" : "</ul>");
        }
    }

    @Override
    public void code(String code) {
        closeLists(0);
        if (!code.isBlank()) {
            begin().append("<pre><code>").append(escaped(code)).append("</code></pre>");
        }
    }

    /// Begins a line of the output.
    private StringBuilder begin() {
        if (!out.isEmpty()) {
            out.append("\n<p><br/></p>".repeat(empty)).append('\n');
        }
        empty = 0;
        return out;
    }

    private String inline(Line line) {
        var text = new StringBuilder();
        for (var piece : line.pieces()) {
            text.append(piece.attached().map(this::image).orElseGet(() -> marked(piece)));
        }
        return text.toString();
    }

    private String image(NoteBody.Attached attached) {
        var name = inserts.names().getOrDefault(attached.id(), "attachment");
        return "<img src=\"" + escaped(attached.address()) + "\" alt=\"" + escaped(name) + "\"/>";
    }

    private static String marked(Line.Piece piece) {
        var format = piece.format();
        var text = escaped(piece.letters()).replace("\u2028", "<br/>").replace("\r", "<br/>");
        if (text.isBlank()) {
            return text;
        }
        text = within("s", format.strike(), text);
        text = within("u", format.underline(), text);
        text = within("em", format.italic(), text);
        text = within("strong", format.bold(), text);
        return format.link().isEmpty()
                ? text
                : linked(text, format, format.link().get());
    }

    private static String within(String tag, boolean applies, String text) {
        return applies ? "<" + tag + ">" + text + "</" + tag + ">" : text;
    }

    private static String linked(String text, NoteBody.Format format, String link) {
        return format.address(SCHEMES)
                .map(address -> "<a href=\"" + escaped(address) + "\">" + text + "</a>")
                .orElseGet(() -> text + " (" + escaped(link.strip()) + ")");
    }

    /// What no document may hold comes as `U+FFFD`.
    private static String escaped(String text) {
        var safe = new StringBuilder();
        text.codePoints().forEach(letter -> {
            switch (letter) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.appendCodePoint(isAllowed(letter) ? letter : 0xfffd);
            }
        });
        return safe.toString();
    }

    private static boolean isAllowed(int letter) {
        return letter == '\t'
                || letter == '\n'
                || letter == '\r'
                || (letter >= ' ' && letter < 0x7f)
                || (letter >= 0xa0 && letter < 0xd800)
                || (letter >= 0xe000 && letter < 0xfffe)
                || letter >= 0x10000;
    }
}
