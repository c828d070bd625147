package ferry.connector.icloud.notes;

import ferry.connector.icloud.notes.NoteBody.Attached;
import ferry.connector.icloud.notes.NoteBody.Format;
import ferry.connector.icloud.notes.NoteBody.Kind;
import ferry.connector.icloud.notes.NoteBody.Paragraph;
import ferry.connector.icloud.notes.NoteBody.Run;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// One paragraph of a note, for whatever writes it down. Its style is that of its first letter, be it the line feed.
final class Line {
    private final List<Piece> pieces = new ArrayList<>();
    private Paragraph paragraph = Paragraph.PLAIN;
    private boolean isStyled;
    private @Nullable String table;
    private boolean followsTable;

    /// Letters of one look, or what lies in the place of one.
    record Piece(String text, Format format, Optional<Attached> attached) {
        /// Without the sign that stands for an attachment.
        String letters() {
            return text.replace(String.valueOf(NoteBody.ATTACHMENT), "");
        }
    }

    /// All of a note's paragraphs. A table, which lies in one, comes as a line of its own between what stands
    /// before and behind it, once, and unless that is an item of a list, or code.
    ///
    /// @param shown what of a look can be shown: pieces that then look the same are one
    /// @param tables the ids of those that there are
    static List<Line> of(NoteBody body, UnaryOperator<Format> shown, Set<String> tables) {
        var left = new HashSet<>(tables);
        var lines = new ArrayList<Line>();
        var line = new Line();
        int at = 0;
        for (var run : body.runs()) {
            int end = at + run.length();
            var format = shown.apply(run.format());
            for (int feed = body.text().indexOf('\n', at); feed >= 0 && feed < end; ) {
                line.add(run, format, body.text().substring(at, feed));
                line.end(lines);
                line = new Line();
                at = feed + 1;
                feed = body.text().indexOf('\n', at);
            }
            boolean mayBeApart = at < end && run.paragraph().kind().isProse();
            var table = run.attached().map(Attached::id).filter(id -> mayBeApart && left.remove(id));
            if (table.isPresent()) {
                if (!line.pieces.isEmpty()) {
                    lines.add(line);
                }
                line = new Line();
                line.table = table.get();
                lines.add(line);
                line = new Line();
                line.followsTable = true;
            } else if (at < end) {
                line.add(run, format, body.text().substring(at, end));
            }
            at = end;
        }
        line.end(lines);
        return lines;
    }

    /// Writes lines down in some format.
    interface Writer {
        void table(NoteTable table);

        /// Lines of code that follow each other, as one block.
        ///
        /// @param code may be blank
        void code(String code);

        /// Any other line, be it empty.
        void line(Line line);
    }

    /// Has all of a note's lines written, in their order.
    ///
    /// @param tables by id; of the others nothing is known
    static void write(List<Line> lines, Map<String, NoteTable> tables, Writer writer) {
        for (int i = 0; i < lines.size(); ) {
            int from = i;
            while (i < lines.size() && lines.get(i).isCode()) {
                i++;
            }
            if (i > from) {
                var code = lines.subList(from, i).stream().map(Line::plain);
                writer.code(code.collect(Collectors.joining("\n")));
                continue;
            }
            var line = lines.get(i++);
            line.table().map(tables::get).ifPresentOrElse(writer::table, () -> writer.line(line));
        }
    }

    /// A line that is a table has no style.
    private boolean isCode() {
        return paragraph.kind() == Kind.MONO;
    }

    /// What is empty because a table stood in it is no line.
    private void end(List<Line> lines) {
        if (!pieces.isEmpty() || !followsTable) {
            lines.add(this);
        }
    }

    private void add(Run run, Format format, String text) {
        if (!isStyled) {
            isStyled = true;
            paragraph = run.paragraph();
        }
        var last = pieces.isEmpty() ? null : pieces.getLast();
        if (last != null && last.attached.isEmpty() && run.attached().isEmpty() && last.format.equals(format)) {
            pieces.set(pieces.size() - 1, new Piece(last.text + text, format, Optional.empty()));
        } else if (!text.isEmpty()) {
            pieces.add(new Piece(text, format, run.attached()));
        }
    }

    /// The id of the table that this line is.
    private Optional<String> table() {
        return Optional.ofNullable(table);
    }

    Paragraph paragraph() {
        return paragraph;
    }

    List<Piece> pieces() {
        return pieces;
    }

    /// Its letters without any look.
    String plain() {
        var plain = new StringBuilder();
        pieces.forEach(piece -> plain.append(piece.text));
        return plain.toString();
    }
}
