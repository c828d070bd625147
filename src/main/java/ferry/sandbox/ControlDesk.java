package ferry.sandbox;

import ferry.http.Exchange;
import ferry.sandbox.SecondFactor.Accepted;
import ferry.sandbox.SecondFactor.Codes;
import ferry.sandbox.SecondFactor.Push;
import ferry.sandbox.SecondFactor.SecurityKey;
import ferry.sandbox.defects.DefectSpec;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What a test in another process sees and sets, over HTTP below [#PATH]: accounts, journal, time and faults
/// (`docs/sandbox.md`). It is no part of what is simulated; nothing of it stands in the journal.
final class ControlDesk {
    static final String PATH = "/_sandbox";

    private static final long FIRST_DSID = 60_000_000_001L;
    private static final int MOST_PHOTOS = 1_000_000;
    private static final double LONGEST = Duration.ofDays(366).toSeconds();
    private static final Phone PHONE = new Phone(1, "81", "sms", false);

    private final Accounts accounts;
    private final AuthSessions signIns;
    private final Journal journal;
    private final Faults faults;
    private final SandboxClock clock;
    private final Consumer<Account> replaced;
    private final AtomicLong dsid = new AtomicLong(FIRST_DSID);

    /// @param replaced is told of an account that took the place of another
    ControlDesk(
            Accounts accounts,
            AuthSessions signIns,
            Journal journal,
            Faults faults,
            SandboxClock clock,
            Consumer<Account> replaced) {
        this.replaced = replaced;
        this.accounts = accounts;
        this.signIns = signIns;
        this.journal = journal;
        this.faults = faults;
        this.clock = clock;
    }

    /// What is wrong with a request, for who sent it.
    private static final class Wrong extends Exception {
        private static final long serialVersionUID = 1L;

        Wrong(String what) {
            super(what, null, false, false);
        }
    }

    /// Answers one request.
    ///
    /// @param path what follows [#PATH]
    void handle(Exchange exchange, String path) throws IOException {
        try {
            switch (exchange.method() + " " + path) {
                case "GET /accounts" -> Replies.json(exchange, 200, listed());
                case "POST /accounts" -> Replies.json(exchange, 201, shown(added(Replies.body(exchange))));
                case "GET /journal" -> Replies.json(exchange, 200, entries(journal.entries(), exchange.query()));
                case "GET /violations" -> Replies.json(exchange, 200, entries(journal.violations(), exchange.query()));
                case "DELETE /journal" -> {
                    journal.clear();
                    Replies.empty(exchange, 204);
                }
                case "POST /clock" -> Replies.json(exchange, 200, advanced(Replies.body(exchange)));
                case "GET /faults" -> Replies.json(exchange, 200, faults());
                case "POST /faults" -> {
                    faults.order(fault(Replies.body(exchange)));
                    Replies.json(exchange, 201, faults());
                }
                case "DELETE /faults" -> {
                    faults.clear();
                    Replies.empty(exchange, 204);
                }
                default -> account(exchange, path);
            }
        } catch (Wrong wrong) {
            Replies.json(exchange, 400, Replies.object().put("error", wrong.getMessage()));
        }
    }

    /// `/accounts/{identifier}` and `/accounts/{identifier}/reset`.
    private void account(Exchange exchange, String path) {
        var parts = path.split("/", -1);
        var account = parts.length > 2 && parts[1].equals("accounts")
                ? accounts.find(URLDecoder.decode(parts[2], StandardCharsets.UTF_8))
                : Optional.<Account>empty();
        var reset = parts.length == 4
                && parts[3].equals("reset")
                && exchange.method().equals("POST");
        var look = parts.length == 3 && exchange.method().equals("GET");
        if (account.isEmpty() || !(reset || look)) {
            Replies.json(exchange, 404, Replies.object().put("error", "There is no such account or path."));
            return;
        }
        if (reset) {
            accounts.reset(account.get().identifier());
        }
        Replies.json(exchange, 200, shown(account.get()));
    }

    private ObjectNode listed() {
        var body = Replies.object();
        var list = body.putArray("accounts");
        accounts.all().stream()
                .sorted(Comparator.comparing(Account::identifier))
                .forEach(account -> list.add(shown(account)));
        return body;
    }

    private ObjectNode shown(Account account) {
        var json = Replies.object()
                .put("identifier", account.identifier())
                .put("dsid", String.valueOf(account.dsid()))
                .put("second_factor", word(account.secondFactor()))
                .put("code", signIns.shown(account).orElse(null))
                .put("photos", account.library().photos())
                .put("seed", account.library().seed())
                .put(
                        "defects",
                        account.library().defects().rates().values().stream()
                                .mapToDouble(Double::doubleValue)
                                .max()
                                .orElse(0));
        var traits = json.putArray("traits");
        account.traits().stream().map(ControlDesk::word).sorted().forEach(traits::add);
        var quirks = json.putArray("quirks");
        account.library().quirks().stream().map(ControlDesk::word).sorted().forEach(quirks::add);
        return json;
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String word(SecondFactor factor) {
        return switch (factor) {
            case SecondFactor.None _ -> "none";
            case SecurityKey key -> key.keyNames().isEmpty() ? "passkey" : "security-key";
            case Codes codes ->
                (codes.trustedDevices() ? "device" : "sms") + (codes.push() == Push.AUTOMATIC ? "-2024" : "");
        };
    }

    private static SecondFactor factor(String word) throws Wrong {
        return switch (word) {
            case "none" -> new SecondFactor.None();
            case "device" -> codes(Push.ON_REQUEST, true);
            case "device-2024" -> codes(Push.AUTOMATIC, true);
            case "sms" -> codes(Push.ON_REQUEST, false);
            case "sms-2024" -> codes(Push.AUTOMATIC, false);
            case "security-key" -> new SecurityKey(List.of("Key"));
            case "passkey" -> new SecurityKey(List.of());
            default ->
                throw new Wrong(
                        "second_factor is none of none, device, device-2024, sms, sms-2024, security-key, passkey");
        };
    }

    private static SecondFactor codes(Push push, boolean devices) {
        return new Codes(push, Accepted.NO_CONTENT_204, devices, List.of(PHONE));
    }

    private Account added(JsonNode body) throws Wrong {
        var identifier = body.path("identifier").asString("").strip().toLowerCase(Locale.ROOT);
        if (!identifier.matches("[^@\\s/]+@[^@\\s/]+")) {
            throw new Wrong("identifier is no address");
        }
        int photos = body.path("photos").asInt(24);
        if (photos < 0 || photos > MOST_PHOTOS) {
            throw new Wrong("photos is not between 0 and " + MOST_PHOTOS);
        }
        var code = body.path("code").asString(String.valueOf(AccountMemory.FIRST_CODE));
        if (!code.matches("[1-9]\\d{5}")) {
            throw new Wrong("code is not of six digits, the first of which is not 0");
        }
        double defects = body.path("defects").asDouble(0);
        if (!(defects >= 0 && defects <= 1)) {
            throw new Wrong("defects is no share from 0 to 1");
        }
        long seed = body.path("seed").asLong(1);
        var before = accounts.find(identifier);
        var account = new Account(
                identifier,
                before.map(Account::dsid).orElseGet(dsid::getAndIncrement),
                body.path("first_name").asString("Test"),
                body.path("last_name").asString("Account"),
                factor(body.path("second_factor").asString("none")),
                constants(body, "traits", Trait.values()),
                new LibrarySpec(
                        seed,
                        photos,
                        constants(body, "quirks", LibraryQuirk.values()),
                        defects > 0 ? DefectSpec.all(seed, defects) : DefectSpec.NONE));
        accounts.add(account, body.path("password").asString(Accounts.PASSWORD), Integer.parseInt(code));
        if (before.isPresent()) {
            replaced.accept(account);
        }
        return account;
    }

    private static <T extends Enum<T>> Set<T> constants(JsonNode body, String field, T[] all) throws Wrong {
        var found = new HashSet<T>();
        for (var word : body.path(field)) {
            found.add(Stream.of(all)
                    .filter(constant -> word(constant).equals(word.asString("")))
                    .findFirst()
                    .orElseThrow(() -> new Wrong(field + " knows no " + word.asString(""))));
        }
        return found;
    }

    /// @param query `account=<identifier>` or nothing
    private static ObjectNode entries(List<Journal.Entry> entries, String query) {
        var account = query.startsWith("account=")
                ? URLDecoder.decode(query.substring("account=".length()), StandardCharsets.UTF_8)
                : "";
        var body = Replies.object();
        var list = body.putArray("entries");
        entries.stream()
                .filter(entry -> account.isEmpty() || entry.account().equalsIgnoreCase(account))
                .forEach(entry -> list.addObject()
                        .put("date", entry.at().toString())
                        .put("method", entry.method())
                        .put("path", entry.path())
                        .put("account", entry.account())
                        .put("status", entry.status())
                        .put("forbidden", entry.forbidden()));
        return body.put("total_count", list.size());
    }

    private ObjectNode advanced(JsonNode body) throws Wrong {
        double seconds = body.path("seconds").asDouble(-1);
        if (!(seconds >= 0) || seconds > LONGEST) {
            throw new Wrong("seconds is not between 0 and a year");
        }
        clock.advance(Duration.ofMillis(Math.round(seconds * 1000)));
        return Replies.object().put("now", clock.instant().toString());
    }

    private static Faults.Fault fault(JsonNode body) throws Wrong {
        int status = body.path("status").asInt(0);
        int times = body.path("times").asInt(1);
        int delay = body.path("delay_ms").asInt(0);
        if ((status != 0 && (status < 200 || status > 599)) || times < 1 || delay < 0) {
            throw new Wrong("status is not between 200 and 599, times not at least 1, or delay_ms negative");
        }
        if (status == 0 && delay == 0) {
            throw new Wrong("status or delay_ms is required");
        }
        try {
            return new Faults.Fault(
                    body.path("account").asString("").toLowerCase(Locale.ROOT),
                    Pattern.compile(body.path("path").asString("")),
                    times,
                    status,
                    body.has("retry_after")
                            ? Optional.of(body.path("retry_after").asInt(0))
                            : Optional.empty(),
                    body.path("body").asString("{}"),
                    Duration.ofMillis(delay));
        } catch (PatternSyntaxException _) {
            throw new Wrong("path is no regular expression");
        }
    }

    private ObjectNode faults() {
        var body = Replies.object();
        var list = body.putArray("faults");
        faults.left()
                .forEach(fault -> list.addObject()
                        .put("account", fault.account())
                        .put("path", fault.path().pattern())
                        .put("times", fault.times())
                        .put("status", fault.status())
                        .put("delay_ms", fault.delay().toMillis()));
        return body;
    }
}
