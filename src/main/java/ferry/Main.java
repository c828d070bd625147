package ferry;

import ferry.db.DatabaseException;
import ferry.settings.SettingException;
import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The way in: one command line, one exit. What goes wrong for a reason that people can mend is one line, not a
/// trace.
@Command(
        name = "ferry",
        mixinStandardHelpOptions = true,
        versionProvider = Main.VersionText.class,
        description = "Fetches a person's own cloud data, with consent, and publishes it to an organisation's bucket.",
        subcommands = {Serve.class})
public final class Main implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    private Main() {}

    /// Runs one command and ends the process with its exit code.
    public static void main(String[] args) {
        System.exit(new CommandLine(new Main())
                .setExecutionExceptionHandler((failure, command, _) -> {
                    switch (failure) {
                        case SettingException e -> complain(command, e);
                        case DatabaseException e -> complain(command, e);
                        case IOException e -> complain(command, e);
                        default -> throw failure;
                    }
                    return 1;
                })
                .execute(args));
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say what to do; `./ferry --help` lists the commands.");
    }

    private static void complain(CommandLine command, Exception e) {
        command.getErr().println("ferry: " + e.getMessage());
    }

    static final class VersionText implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"Ferry " + Version.TEXT};
        }
    }
}
