package ferry.cli;

import ferry.access.Organisation;
import ferry.access.Organisations;
import ferry.http.Json;
import java.io.IOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.statement.UnableToExecuteStatementException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `./ferry organisation`: makes and lists organisations.
@Command(
        name = "organisation",
        mixinStandardHelpOptions = true,
        description = "Makes, permits and lists organisations, on the database directly.")
public final class OrganisationCommand implements Runnable {
    private static final String UNIQUE_VIOLATION = "23505";

    private final Desk.Opener opener;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    /// Works on what `opener` opens.
    public OrganisationCommand(Desk.Opener opener) {
        this.opener = opener;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say what to do: create, permit or list.");
    }

    @Command(
            name = "create",
            mixinStandardHelpOptions = true,
            description = {
                "Makes an organisation with one key.",
                "Its token goes to standard output, once; everything else to standard error."
            },
            footer = {
                "",
                "Examples:",
                "  ./ferry organisation create \"Acme Photos\"",
                "  TOKEN=$(./ferry organisation create Acme --scope 'source_type:icloud.*' --scope 'task_type:*' \\",
                "      --scope data_type:icpl.photos)"
            })
    void create(
            @Parameters(paramLabel = "NAME", description = "for people") String name,
            @Option(names = "--slug", paramLabel = "SLUG", description = "its short name (default: made of NAME)")
                    @Nullable
                    String slug,
            @Option(names = "--super", description = "it may act for other organisations") boolean superOrganisation,
            @Option(
                            names = "--scope",
                            paramLabel = "SCOPE",
                            description = "what it may do, such as data_type:icpl.*; may be given more than once"
                                    + " (default: everything)")
                    @Nullable
                    List<String> scopes,
            @Mixin DeskOption where)
            throws IOException {
        var shortName = slug == null ? Slug.of(name) : Slug.checked(slug);
        var allowed = ScopeOption.of(scopes == null ? List.of() : scopes);
        try (var desk = where.open(opener)) {
            var token = desk.db().system(tx -> {
                var made = desk.organisations().create(tx, name.strip(), shortName, allowed, superOrganisation);
                var key = desk.keys().create(tx, made.id());
                desk.audit()
                        .note(
                                tx,
                                made.id(),
                                "organisation.create",
                                "organisation/" + made.id(),
                                Map.of("by", "operator", "type", made.type()));
                return key.token();
            });
            spec.commandLine().getErr().println(shortName + " is made. Its token, shown once:");
            spec.commandLine().getOut().println(token.reveal());
        } catch (UnableToExecuteStatementException e) {
            if (e.getCause() instanceof SQLException cause && UNIQUE_VIOLATION.equals(cause.getSQLState())) {
                throw new CommandFailed("There is an organisation " + shortName + " already; "
                        + "choose another name, or another short name with --slug.");
            }
            throw e;
        }
    }

    @Command(
            name = "permit",
            mixinStandardHelpOptions = true,
            description = {
                "Sets what an organisation may do: its base permission, which nothing its keys do exceeds.",
                "What it replaces goes to standard output, in the same form."
            },
            footer = {
                "",
                "Example, at most two new iCloud accounts per user and month:",
                "  ./ferry organisation permit acme '{\"source_type:*\": [], \"task_type:*\": [], \"data_type:*\": [],",
                "      \"file_type:*\": [], \"info_type:*\": [], \"source_type:icloud.account\":",
                "      [{\"level\": \"user\", \"type\": \"count\", \"value\": 2, \"window\": \"month\"}]}'"
            })
    void permit(
            @Parameters(paramLabel = "ORGANISATION", description = "its slug or id") String organisation,
            @Parameters(paramLabel = "SCOPES", description = "as JSON: scope to a list of limits") String scopes,
            @Mixin DeskOption where)
            throws IOException {
        var allowed = ScopeOption.json(scopes);
        try (var desk = where.open(opener)) {
            var before = desk.db().system(tx -> {
                var one = desk.organisation(tx, organisation);
                desk.organisations().permit(tx, one.id(), allowed);
                desk.audit()
                        .note(
                                tx,
                                one.id(),
                                "organisation.permit",
                                "organisation/" + one.id(),
                                Map.of("by", "operator", "scopes", allowed.byScope()));
                return one;
            });
            spec.commandLine().getErr().println(before.slug() + " has its new scopes. They were:");
            spec.commandLine().getOut().println(Organisations.json(before.scopes()));
        }
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists all organisations: id, slug, type, state, creation, name.")
    void list(@Mixin DeskOption where) throws IOException {
        try (var desk = where.open(opener)) {
            desk.db().system(desk.organisations()::all).forEach(this::print);
        }
    }

    private void print(Organisation one) {
        spec.commandLine()
                .getOut()
                .printf(
                        "%-6s %-32s %-9s %-12s %s  %s%n",
                        one.id(),
                        one.slug(),
                        one.type(),
                        one.blocked().orElse("-"),
                        Json.date(one.dateCreated()),
                        one.name());
    }
}
