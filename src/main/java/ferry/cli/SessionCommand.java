package ferry.cli;

import ferry.error.ErrorCode;
import java.io.IOException;
import java.util.Map;
import java.util.UUID;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `./ferry session`: what the operator may do to one session.
@Command(
        name = "session",
        mixinStandardHelpOptions = true,
        description = "Ends a session, on the database directly.",
        footer = {"", "Example:", "  ./ferry session expire 01a205bf-68c5-7000-9a9f-ec03e1e8e677"})
public final class SessionCommand implements Runnable {
    private final Desk.Opener opener;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    /// Works on what `opener` opens.
    public SessionCommand(Desk.Opener opener) {
        this.opener = opener;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say what to do: expire.");
    }

    @Command(
            name = "expire",
            mixinStandardHelpOptions = true,
            description = {
                "Ends a session with the error `admin`; may be called again.",
                "Its access is erased at once; the service signs out at the source in the background."
            })
    void expire(@Parameters(paramLabel = "SESSION", description = "its id") UUID session, @Mixin DeskOption where)
            throws IOException {
        try (var desk = where.open(opener)) {
            var owner = desk.db()
                    .system(tx -> desk.sessions().owner(tx, session))
                    .orElseThrow(() -> new CommandFailed("There is no session " + session + "."));
            boolean ended = desk.db().tenant(owner, tx -> {
                var did = desk.sessions().end(tx, owner, session, ErrorCode.EXPIRED_ADMIN);
                if (did) {
                    desk.audit().note(tx, owner, "session.expire", "session/" + session, Map.of("by", "operator"));
                }
                return did;
            });
            spec.commandLine()
                    .getErr()
                    .println("Session " + session + (ended ? " is expired." : " was over already; nothing changed."));
        }
    }
}
