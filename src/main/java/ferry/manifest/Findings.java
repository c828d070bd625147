package ferry.manifest;

/// What was found so far, told as it is found.
final class Findings {
    /// Most characters of a line that is told.
    private static final int LONGEST_LINE = 2000;

    private final Verification.Watcher watcher;
    private long problems;

    Findings(Verification.Watcher watcher) {
        this.watcher = watcher;
    }

    /// Something is not as the manifest says.
    void problem(String line) {
        problems++;
        watcher.problem(printable(line));
    }

    /// So many bytes of content were compared.
    void progress(long done, long total) {
        watcher.progress(done, total);
    }

    long problems() {
        return problems;
    }

    /// Keys, names and whatever else others wrote, so that a terminal shows it and does nothing else with it.
    static String printable(String text) {
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
}
