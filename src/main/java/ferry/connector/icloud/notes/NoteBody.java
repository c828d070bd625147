package ferry.connector.icloud.notes;

import ferry.connector.icloud.web.Protobuf;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// A note's text and how it is set (`icloud-protocol` 2.9).
///
/// @param text paragraphs end with a line feed; `U+FFFC` stands where an attachment lies
/// @param runs cover the text from its beginning to its end, without a gap
record NoteBody(String text, List<Run> runs) {
    /// Stands for an attachment.
    static final char ATTACHMENT = '\uFFFC';

    NoteBody {
        runs = List.copyOf(runs);
    }

    /// What a paragraph is.
    enum Kind {
        TITLE,
        HEADING,
        SUBHEADING,
        MONO,
        BULLET,
        DASH,
        NUMBER,
        CHECK,
        /// Also what has no word here yet.
        TEXT;

        boolean isList() {
            return this == BULLET || this == DASH || this == NUMBER || this == CHECK;
        }

        /// Whether what lies in it may stand apart from its words.
        boolean isProse() {
            return !isList() && this != MONO;
        }

        private static Kind of(long type) {
            return switch ((int) type) {
                case 0 -> TITLE;
                case 1 -> HEADING;
                case 2 -> SUBHEADING;
                case 4 -> MONO;
                case 100 -> BULLET;
                case 101 -> DASH;
                case 102 -> NUMBER;
                case 103 -> CHECK;
                default -> TEXT;
            };
        }
    }

    /// @param indent how far in, from 0
    /// @param done whether the item of a checklist is ticked
    record Paragraph(Kind kind, int indent, boolean done) {
        static final Paragraph PLAIN = new Paragraph(Kind.TEXT, 0, false);
        private static final int MAX_INDENT = 20;

        /// A style without a type is a title: 0 is not written.
        private static Paragraph of(Protobuf style) {
            var indent = Math.clamp(style.number(4).orElse(0), 0, MAX_INDENT);
            var done =
                    style.message(5).map(list -> list.number(2).orElse(0) == 1).orElse(false);
            return new Paragraph(Kind.of(style.number(1).orElse(0)), indent, done);
        }
    }

    /// How letters look.
    ///
    /// @param link as its owner wrote it, never blank; it may lead anywhere
    record Format(boolean bold, boolean italic, boolean underline, boolean strike, Optional<String> link) {
        static final Format PLAIN = new Format(false, false, false, false, Optional.empty());

        private static Format of(Protobuf run) {
            long weight = run.number(5).orElse(0);
            return new Format(
                    weight == 1 || weight == 3,
                    weight == 2 || weight == 3,
                    run.number(6).orElse(0) != 0,
                    run.number(7).orElse(0) != 0,
                    run.text(9).filter(link -> !link.isBlank()));
        }

        Format withoutUnderline() {
            return new Format(bold, italic, false, strike, link);
        }

        /// Where the link leads, with nothing in it that could end it early; empty where its scheme is none of these.
        ///
        /// @param schemes in small letters
        Optional<String> address(Set<String> schemes) {
            return link.map(String::strip)
                    .filter(target -> {
                        int colon = target.indexOf(':');
                        return colon > 0
                                && schemes.contains(target.substring(0, colon).toLowerCase(Locale.ROOT));
                    })
                    .map(Format::encoded);
        }

        private static String encoded(String target) {
            var safe = new StringBuilder();
            target.codePoints().forEach(letter -> {
                if (letter <= ' ' || "<>\\^`{|}()\"".indexOf(letter) >= 0) {
                    safe.append("%%%02X".formatted(letter));
                } else {
                    safe.appendCodePoint(letter);
                }
            });
            return safe.toString();
        }
    }

    /// What lies in the place of a letter.
    record Attached(String id, Optional<String> uti) {
        /// Stands for its place in what is written down.
        String address() {
            return "attachment:" + URLEncoder.encode(id, StandardCharsets.UTF_8).replace("+", "%20");
        }
    }

    /// Letters that look the same.
    ///
    /// @param length in UTF-16 units, at least 1
    record Run(int length, Paragraph paragraph, Format format, Optional<Attached> attached) {}

    /// Empty where the bytes are no such document. Runs that claim more than there is are cut, text without one is
    /// plain.
    static Optional<NoteBody> of(byte[] document) {
        return Protobuf.of(document)
                .flatMap(whole -> whole.message(2))
                .flatMap(inner -> inner.message(3))
                .flatMap(NoteBody::ofNote);
    }

    /// The same of what such a document holds, as the cells of a table do.
    static Optional<NoteBody> ofNote(Protobuf note) {
        // Proto3 leaves out what is empty.
        var text = note.has(2) ? note.text(2) : Optional.of("");
        return text.map(letters -> new NoteBody(letters, runs(note, letters)));
    }

    private static List<Run> runs(Protobuf note, String text) {
        int length = text.length();
        var runs = new ArrayList<Run>();
        int at = 0;
        for (var run : note.messages(5)) {
            int covered = whole(text, at, Math.clamp(run.number(1).orElse(0), 0, length - at));
            if (covered > 0) {
                runs.add(new Run(
                        covered,
                        run.message(2).map(Paragraph::of).orElse(Paragraph.PLAIN),
                        Format.of(run),
                        attached(run)));
                at += covered;
            }
        }
        if (at < length) {
            runs.add(new Run(length - at, Paragraph.PLAIN, Format.PLAIN, Optional.empty()));
        }
        return runs;
    }

    /// A run that would end in the middle of a letter of two units takes both.
    private static int whole(String text, int at, int covered) {
        int end = at + covered;
        boolean splits =
                covered > 0 && end < text.length() && Character.isSurrogatePair(text.charAt(end - 1), text.charAt(end));
        return splits ? covered + 1 : covered;
    }

    private static Optional<Attached> attached(Protobuf run) {
        return run.message(12)
                .flatMap(info -> info.text(1).filter(id -> !id.isBlank()).map(id -> new Attached(id, info.text(2))));
    }
}
