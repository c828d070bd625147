package ferry;

import ferry.cli.AuditCommand;
import ferry.cli.CommandFailed;
import ferry.cli.Desk;
import ferry.cli.KeyCommand;
import ferry.cli.Listen;
import ferry.cli.MasterKeyCommand;
import ferry.cli.OrganisationCommand;
import ferry.cli.SessionCommand;
import ferry.cli.Trigger;
import ferry.cli.Verify;
import ferry.crypto.CryptoException;
import ferry.db.DatabaseException;
import ferry.settings.SettingException;
import java.io.IOException;
import java.time.Clock;
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
        subcommands = {Demo.class, Serve.class, SandboxCommand.class, Migrate.class, VersionCommand.class})
public final class Main implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    private Main() {}

    /// Runs one command and ends the process with its exit code.
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    /// All commands; the exit code of [CommandLine#execute] is that of the process.
    static CommandLine commandLine() {
        Desk.Opener database = data ->
                OperatorDatabase.of(System.getenv(), data, Clock.systemUTC()).open();
        var all = new CommandLine(new Main())
                .addSubcommand(new OrganisationCommand(database))
                .addSubcommand(new KeyCommand(database))
                .addSubcommand(new SessionCommand(database))
                .addSubcommand(new AuditCommand(database))
                .addSubcommand(new Listen())
                .addSubcommand(new Verify())
                .addSubcommand(new CommandLine(new MasterKeyCommand())
                        .addSubcommand(new RotateMasterKey(System.getenv()))
                        .addSubcommand(new MasterKeyStatus(System.getenv())))
                .addSubcommand(new BackupCommand(System.getenv()))
                .addSubcommand(new RestoreCommand(System.getenv()))
                .addSubcommand(new Trigger())
                .addSubcommand(new Doctor(System.getenv()));
        return all.setExecutionExceptionHandler((failure, command, _) -> {
            switch (failure) {
                case CommandFailed e -> complain(command, e);
                case SettingException e -> complain(command, e);
                case CryptoException e -> complain(command, e);
                case DatabaseException e -> complain(command, e);
                case IOException e -> complain(command, e);
                default -> throw failure;
            }
            return 1;
        });
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
