package ferry.cli;

import ferry.audit.Audit;
import ferry.http.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `./ferry audit`: prints who did what.
@Command(
        name = "audit",
        mixinStandardHelpOptions = true,
        description = {
            "Prints the audit log of an organisation, newest last: date, who, action, subject, detail, request.",
            "ORGANISATION is its slug or its id. Nothing in the log can be changed or deleted."
        },
        footer = {
            "",
            "Examples:",
            "  ./ferry audit getting-started",
            "  ./ferry audit getting-started --since 2026-11-01 --action session.create --json",
            "  ./ferry audit getting-started --user 7"
        })
public final class AuditCommand implements Runnable {
    private final Desk.Opener opener;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    @Parameters(paramLabel = "ORGANISATION")
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private String organisation;

    @Option(
            names = "--since",
            paramLabel = "DATE",
            description = "from this date or moment on, UTC: 2026-11-01 or 2026-11-01T08:00:00Z")
    private @Nullable String since;

    @Option(names = "--action", paramLabel = "ACTION", description = "only this action, such as user.delete")
    private @Nullable String action;

    @Option(names = "--user", paramLabel = "ID", description = "only what is about the user of this number")
    private @Nullable Long user;

    @Option(names = "--json", description = "one JSON object a line")
    private boolean json;

    @Mixin
    private DeskOption where = new DeskOption();

    /// Works on what `opener` opens.
    public AuditCommand(Desk.Opener opener) {
        this.opener = opener;
    }

    @Override
    public void run() {
        var filter = new Audit.Filter(
                Optional.ofNullable(since).map(this::moment), Optional.ofNullable(action), Optional.ofNullable(user));
        try (var desk = where.open(opener)) {
            desk.db().systemDo(tx -> {
                var owner = desk.organisation(tx, organisation);
                desk.audit().read(tx, owner.id(), filter, this::print);
            });
        } catch (IOException e) {
            throw new CommandFailed("The database could not be opened: " + e.getMessage());
        }
    }

    private Instant moment(String text) {
        try {
            return text.contains("T")
                    ? OffsetDateTime.parse(text).toInstant()
                    : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
        } catch (DateTimeParseException _) {
            throw new ParameterException(
                    spec.commandLine(), "--since must be like 2026-11-01 or 2026-11-01T08:00:00Z, not " + text + ".");
        }
    }

    private void print(Audit.Entry entry) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(Json.MAPPER.writeValueAsString(entry));
        } else {
            out.printf(
                    "%s  %-10s %-16s %s  %s%s%n",
                    Json.date(entry.date()),
                    entry.key() == null ? "-" : "key/" + entry.key(),
                    entry.action(),
                    entry.subject(),
                    entry.detail(),
                    entry.requestId() == null ? "" : "  " + entry.requestId());
        }
    }
}
