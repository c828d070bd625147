package ferry.sandbox.notes;

import ferry.sandbox.cloudkit.Proto;

/// Writes a note's text and how it is set, as the document that a body holds (`icloud-protocol` 2.9). One thread.
public final class NoteText {
    private static final int UNDERLINE = 6;
    private static final int STRIKE = 7;
    private static final int LINK = 9;

    private final StringBuilder text = new StringBuilder();
    private final Proto runs = new Proto();
    private Proto style = new Proto();

    /// What a paragraph is, and the number that Apple stores for it.
    public enum Style {
        TITLE(0),
        HEADING(1),
        SUBHEADING(2),
        BODY(3),
        MONO(4),
        BULLET(100),
        DASH(101),
        NUMBER(102),
        CHECK(103);

        private final int type;

        Style(int type) {
            this.type = type;
        }
    }

    /// Begins a paragraph.
    ///
    /// @param done whether the item of a checklist is ticked
    public NoteText begin(Style of, int indent, boolean done) {
        if (!text.isEmpty()) {
            run("\n", new Proto());
        }
        style = new Proto();
        if (of.type != 0) {
            style.number(1, of.type);
        }
        if (indent > 0) {
            style.number(4, indent);
        }
        if (of == Style.CHECK) {
            style.message(5, new Proto().bytes(1, new byte[16]).number(2, done ? 1 : 0));
        }
        return this;
    }

    /// A whole paragraph without marks.
    public NoteText line(Style of, String words) {
        return begin(of, 0, false).words(words);
    }

    public NoteText words(String words) {
        return run(words, new Proto());
    }

    /// Words with a weight.
    ///
    /// @param weight 1 bold, 2 italic, 3 both
    public NoteText weight(int weight, String words) {
        return run(words, new Proto().number(5, weight));
    }

    public NoteText underline(String words) {
        return run(words, new Proto().number(UNDERLINE, 1));
    }

    public NoteText strike(String words) {
        return run(words, new Proto().number(STRIKE, 1));
    }

    public NoteText link(String target, String words) {
        return run(words, new Proto().text(LINK, target));
    }

    public NoteText attachment(String id, String uti) {
        return run("\uFFFC", new Proto().message(12, new Proto().text(1, id).text(2, uti)));
    }

    String plain() {
        return text.toString();
    }

    /// The document, to be packed.
    public Proto document() {
        var note = new Proto().text(2, text.toString()).append(runs);
        return new Proto().message(2, new Proto().number(1, 0).message(3, note));
    }

    private NoteText run(String words, Proto look) {
        if (!words.isEmpty()) {
            text.append(words);
            runs.message(
                    5, new Proto().number(1, words.length()).message(2, style).append(look));
        }
        return this;
    }
}
