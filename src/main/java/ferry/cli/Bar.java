package ferry.cli;

import java.util.Optional;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/// How far something is, drawn on a terminal; nothing where there is none, so that logs stay readable.
public final class Bar implements AutoCloseable {
    private static final int COLUMNS = 80;
    private static final int REDRAW_MILLIS = 100;

    private final Optional<ProgressBar> drawn;

    /// Draws it.
    ///
    /// @param what stands before the bar
    /// @param visible whether a person watches
    public Bar(String what, boolean visible) {
        this.drawn = visible
                ? Optional.of(new ProgressBarBuilder()
                        .setTaskName("    " + what)
                        // Negative: how many there are is not known yet.
                        .setInitialMax(-1)
                        .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                        .setUpdateIntervalMillis(REDRAW_MILLIS)
                        .setConsumer(new ConsoleProgressBarConsumer(System.err, COLUMNS))
                        .build())
                : Optional.empty();
    }

    /// It is so far.
    ///
    /// @param total 0 while that is not known
    public void at(long done, long total) {
        drawn.ifPresent(bar -> {
            if (total > 0) {
                bar.maxHint(Math.max(done, total));
            }
            bar.stepTo(done);
        });
    }

    @Override
    public void close() {
        drawn.ifPresent(ProgressBar::close);
    }

    /// Whether somebody sees what is drawn.
    @SuppressWarnings("SystemConsoleNull") // JDK 25 went back to giving none where input or output is redirected
    public static boolean isTerminal() {
        var console = System.console();
        return console != null && console.isTerminal();
    }
}
