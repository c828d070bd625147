package ferry.cli;

import ferry.access.OrgId;
import ferry.http.Json;
import ferry.key.Key;
import ferry.key.KeySettings;
import ferry.key.Keys;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `./ferry key`: makes, lists, rotates, deactivates and blocks an organisation's keys. A token is shown when it is
/// made and never again.
@Command(
        name = "key",
        mixinStandardHelpOptions = true,
        description = {
            "Makes, lists, rotates, deactivates and blocks the keys of an organisation, on the database directly.",
            "ORGANISATION is its slug or its id. Tokens go to standard output, everything else to standard error."
        },
        footer = {
            "",
            "Examples:",
            "  ./ferry key create getting-started",
            "  ./ferry key list getting-started",
            "  ./ferry key create getting-started --trial 14     lets nobody in after 14 days",
            "  ./ferry key rotate getting-started 1              the old token ends at once",
            "  ./ferry key rotate getting-started 1 --overlap 3600     it ends in an hour",
            "  ./ferry key deactivate getting-started 1"
        })
public final class KeyCommand implements Runnable {
    private static final int LONGEST_TRIAL = 3650;

    private final Desk.Opener opener;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before it runs anything
    private CommandSpec spec;

    /// Works on what `opener` opens.
    public KeyCommand(Desk.Opener opener) {
        this.opener = opener;
    }

    /// What is done to a key; empty where there is no such key.
    private interface Act<T> {
        Optional<T> on(Handle tx, Keys keys, OrgId organisation);
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "Say what to do: create, list, rotate, deactivate, block or unblock.");
    }

    @Command(name = "create", mixinStandardHelpOptions = true, description = "Makes a key and prints its token, once.")
    void create(
            @Parameters(paramLabel = "ORGANISATION") String organisation,
            @Option(names = "--trial", paramLabel = "DAYS", description = "a trial key, which ends after so many days")
                    @Nullable
                    Integer days,
            @Option(
                            names = "--scope",
                            paramLabel = "SCOPE",
                            description = "what narrows it below its organisation, such as data_type:icpl.*; may be"
                                    + " given more than once")
                    @Nullable
                    List<String> scopes,
            @Mixin DeskOption where)
            throws IOException {
        var settings = ScopeOption.given(scopes == null ? List.of() : scopes)
                .map(own -> KeySettings.DEFAULT.narrowing(new KeySettings.Narrowing.Own(own)))
                .orElse(KeySettings.DEFAULT);
        if (days != null && (days < 1 || days > LONGEST_TRIAL)) {
            throw new CommandFailed("A trial lasts 1 to " + LONGEST_TRIAL + " days, not " + days + ".");
        }
        show(noted(
                where,
                organisation,
                "key.create",
                Keys.Made::key,
                (tx, keys, id) -> Optional.of(
                        days == null
                                ? keys.create(tx, id, settings)
                                : keys.createTrial(tx, id, settings, Duration.ofDays(days)))));
    }

    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Lists an organisation's keys: id, type, state, creation, expiry.")
    void list(@Parameters(paramLabel = "ORGANISATION") String organisation, @Mixin DeskOption where)
            throws IOException {
        try (var desk = where.open(opener)) {
            desk.db()
                    .system(tx -> desk.keys()
                            .all(tx, desk.organisation(tx, organisation).id()))
                    .forEach(this::print);
        }
    }

    @Command(
            name = "rotate",
            mixinStandardHelpOptions = true,
            description =
                    "Gives a key another token and prints it, once; the old one ends at once, or after --overlap.")
    void rotate(
            @Parameters(paramLabel = "ORGANISATION") String organisation,
            @Parameters(paramLabel = "KEY", description = "its id") long key,
            @Option(
                            names = "--overlap",
                            paramLabel = "SECONDS",
                            defaultValue = "0",
                            description = "how long the old token stays good (default: ${DEFAULT-VALUE})")
                    long overlap,
            @Mixin DeskOption where)
            throws IOException {
        if (overlap < 0) {
            throw new CommandFailed("An overlap is not negative.");
        }
        show(noted(
                where,
                organisation,
                "key.rotate",
                Keys.Made::key,
                (tx, keys, id) -> keys.rotate(tx, id, key, Duration.ofSeconds(overlap), Optional.empty())));
    }

    @Command(
            name = "deactivate",
            mixinStandardHelpOptions = true,
            description = "Switches a key off, as its organisation could; may be called again.")
    void deactivate(
            @Parameters(paramLabel = "ORGANISATION") String organisation,
            @Parameters(paramLabel = "KEY", description = "its id") long key,
            @Mixin DeskOption where)
            throws IOException {
        state(where, organisation, "key.deactivate", (tx, keys, id) -> keys.deactivate(tx, id, key));
    }

    @Command(
            name = "block",
            mixinStandardHelpOptions = true,
            description = "Switches a key off so that its organisation cannot switch it on; may be called again.")
    void block(
            @Parameters(paramLabel = "ORGANISATION") String organisation,
            @Parameters(paramLabel = "KEY", description = "its id") long key,
            @Mixin DeskOption where)
            throws IOException {
        state(where, organisation, "key.block", (tx, keys, id) -> keys.block(tx, id, key));
    }

    @Command(
            name = "unblock",
            mixinStandardHelpOptions = true,
            description = "Lets a blocked key in again; may be called again.")
    void unblock(
            @Parameters(paramLabel = "ORGANISATION") String organisation,
            @Parameters(paramLabel = "KEY", description = "its id") long key,
            @Mixin DeskOption where)
            throws IOException {
        state(where, organisation, "key.unblock", (tx, keys, id) -> keys.unblock(tx, id, key));
    }

    private void state(DeskOption where, String organisation, String action, Act<Key> act) throws IOException {
        var key = noted(where, organisation, action, Function.identity(), act);
        spec.commandLine()
                .getErr()
                .println("Key " + key.id() + " is " + key.state().slug() + ".");
    }

    /// Does it and notes it, in one transaction.
    private <T> T noted(DeskOption where, String organisation, String action, Function<T, Key> key, Act<T> act)
            throws IOException {
        try (var desk = where.open(opener)) {
            return desk.db().system(tx -> {
                var owner = desk.organisation(tx, organisation);
                var done = act.on(tx, desk.keys(), owner.id())
                        .orElseThrow(() -> new CommandFailed(owner.slug() + " has no such key; it has: "
                                + desk.keys().all(tx, owner.id()).stream()
                                        .map(one -> Long.toString(one.id()))
                                        .collect(Collectors.joining(", "))));
                desk.audit()
                        .note(tx, owner.id(), action, "key/" + key.apply(done).id(), Map.of("by", "operator"));
                return done;
            });
        }
    }

    private void show(Keys.Made made) {
        spec.commandLine().getErr().println("The token of key " + made.key().id() + ", shown once:");
        spec.commandLine().getOut().println(made.token().reveal());
    }

    private void print(Key key) {
        spec.commandLine()
                .getOut()
                .printf(
                        "%-6d %-9s %-12s %s  %s%n",
                        key.id(),
                        key.type(),
                        key.state().slug(),
                        Json.date(key.dateCreated()),
                        key.dateExpires().map(Json::date).orElse("-"));
    }
}
