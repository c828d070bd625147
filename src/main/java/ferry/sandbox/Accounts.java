package ferry.sandbox;

import static ferry.sandbox.SecondFactor.Accepted.NO_CONTENT_204;
import static ferry.sandbox.SecondFactor.Accepted.OK_200;
import static ferry.sandbox.SecondFactor.Accepted.VALID_409;
import static ferry.sandbox.SecondFactor.Accepted.VALID_409_WITHOUT_TOKEN;
import static ferry.sandbox.SecondFactor.Accepted.VALID_412;
import static ferry.sandbox.SecondFactor.Push.AUTOMATIC;
import static ferry.sandbox.SecondFactor.Push.ON_REQUEST;

import ferry.sandbox.defects.DefectSpec;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Who lives here. Thread-safe.
public final class Accounts {
    private static final String DOMAIN = "@sandbox.example";
    private static final long FIRST_DSID = 20_000_000_001L;

    /// Everyone's password here.
    static final String PASSWORD = "password";

    private static final int FIRST_PARTITION = 61;
    private static final SecondFactor NONE = new SecondFactor.None();
    private static final Phone PHONE = new Phone(1, "81", "sms", false);
    private static final List<Phone> PHONES =
            List.of(PHONE, new Phone(2, "17", "voice", false), new Phone(3, "42", "sms", true));
    private static final SecondFactor CODES = codes(ON_REQUEST, NO_CONTENT_204);

    private final Map<String, Account> accounts = new ConcurrentHashMap<>();
    /// The few whose password or first code is another than everyone's.
    private final Map<String, Secrets> secrets = new ConcurrentHashMap<>();
    private final Map<String, AccountMemory> memories = new ConcurrentHashMap<>();

    /// The named ones; `docs/sandbox.md` says what each shows.
    Accounts() {
        add("plain", NONE, Set.of(), new LibrarySpec(1, 12));
        add(new Account(
                "john.appleseed" + DOMAIN,
                FIRST_DSID + 1,
                "John",
                "Appleseed",
                CODES,
                Set.of(),
                new LibrarySpec(2, 48)));
        add("big", NONE, Set.of(), new LibrarySpec(3, 100_000));

        add("device-2024", codes(AUTOMATIC, NO_CONTENT_204));
        add("code-200", codes(ON_REQUEST, OK_200));
        add("code-409", codes(ON_REQUEST, VALID_409));
        add("code-409-without-token", codes(ON_REQUEST, VALID_409_WITHOUT_TOKEN));
        add("code-412", codes(ON_REQUEST, VALID_412));
        add("changing-codes", CODES, Trait.CHANGING_CODES);
        add("sms-only", new SecondFactor.Codes(ON_REQUEST, NO_CONTENT_204, false, List.of(PHONE)));
        add("sms-2024", new SecondFactor.Codes(AUTOMATIC, NO_CONTENT_204, false, List.of(PHONE)));
        add("phones", new SecondFactor.Codes(ON_REQUEST, NO_CONTENT_204, false, PHONES));
        add("device-or-phones", new SecondFactor.Codes(ON_REQUEST, NO_CONTENT_204, true, PHONES));
        add("security-key", new SecondFactor.SecurityKey(List.of("Blue key", "Spare key")));
        add("strict-headers", CODES, Trait.STRICT_HEADERS);

        add("locked", NONE, Trait.LOCKED);
        add("throttled", NONE, Trait.THROTTLED);
        add("hashcash", NONE, Trait.HASHCASH);
        add("leading-zero", NONE, Trait.LEADING_ZERO);
        add("logical-status", CODES, Trait.LOGICAL_STATUS);
        add("repair", NONE, Trait.REPAIR);
        add("repair-stuck", NONE, Trait.REPAIR_STUCK);
        add("terms", NONE, Trait.TERMS);
        add("china", NONE, Trait.CHINA);
        add("managed", NONE, Trait.MANAGED);

        add("adp", CODES, Trait.ADP);
        add("adp-no-consent", CODES, Trait.ADP, Trait.NO_CONSENT);
        add("web-access-disabled", NONE, Trait.ADP, Trait.WEB_ACCESS_DISABLED);
        add("not-activated", NONE, Trait.NO_PHOTOS);
        add("short-session", NONE, Trait.SHORT_SESSION);
        // Enough for a listing to be under way for a while.
        add("signed-out", NONE, Set.of(Trait.SIGNED_OUT), new LibrarySpec(100 + accounts.size(), 6_000));
        add("moving-partition", NONE, Trait.MOVING_PARTITION);

        library("indexing", LibraryQuirk.INDEXING);
        library("moving", LibraryQuirk.MOVING);
        library("corrupt", LibraryQuirk.CORRUPT);
        library("expiring-urls", LibraryQuirk.EXPIRING_URLS);
        library("missing-files", LibraryQuirk.MISSING_FILES);
        library("record-errors", LibraryQuirk.RECORD_ERRORS);
        library("empty-pages", LibraryQuirk.EMPTY_PAGES);
        library("busy", LibraryQuirk.THROTTLING);
        library("slow", LibraryQuirk.SLOW);

        List.of("many-contacts", "moving-contacts", "odd-contacts", "no-contacts")
                .forEach(name -> add(name, NONE));
        List.of("find-my-not-agreed", "find-my-stuck", "find-my-closed", "find-my-odd")
                .forEach(name -> add(name, NONE));
        add("calendars-large", NONE);
        add("calendars-error", NONE);
        add("calendars-broken", NONE);
        add("calendars-own", NONE);
        add("calendars-odd", NONE);
        // What is out of the ordinary in their drives goes by these names.
        add("drive-big", NONE);
        add("drive-odd", NONE);
        add("drive-damaged", NONE);
        add("drive-busy", NONE);
        add("defects", NONE, Set.of(), new LibrarySpec(12, 10_000, Set.of(), DefectSpec.all(12, 0.01)));

        add("passkey", new SecondFactor.SecurityKey(List.of()));
        add("codes-locked", CODES, Trait.CODES_LOCKED);
        add("managed-no-web", NONE, Trait.MANAGED, Trait.WEB_ACCESS_DISABLED);
        add("over-used", NONE, Trait.OVER_USED);
        add("always-busy", NONE, Trait.ALWAYS_BUSY);
        add("over-quota", NONE, Trait.OVER_QUOTA);
        library("never-indexed", LibraryQuirk.NEVER_INDEXED);
        add("reminders-old", NONE, Trait.OLD_REMINDERS);
        add("many-albums", NONE, Set.of(), new LibrarySpec(900, 300, Set.of(LibraryQuirk.MANY_ALBUMS)));
        // What is out of the ordinary in their shared albums goes by these names.
        add("shared-albums-large", NONE);
        add("shared-albums-odd", NONE);
        add("shared-albums-none", NONE);
        // Something is wrong with what is attached to their contacts, notes and reminders.
        add("contact-photos", NONE);
        add("note-attachments", NONE, Set.of(), new LibrarySpec(100 + accounts.size(), 96));
        add("reminder-attachments", NONE, Set.of(), new LibrarySpec(100 + accounts.size(), 96));
        add("adp-ciphertext", NONE, Trait.ADP, Trait.CIPHERTEXT);
        add("shared-indexing", NONE, Set.of(), new LibrarySpec(901, 48, Set.of(LibraryQuirk.SHARED_NEVER_INDEXED)));
        library("undelivered", LibraryQuirk.UNDELIVERED);
        library("breaking-line", LibraryQuirk.BREAKING_LINE);
        add("elsewhere", NONE, Trait.ELSEWHERE);
    }

    private static SecondFactor codes(SecondFactor.Push push, SecondFactor.Accepted accepted) {
        return new SecondFactor.Codes(push, accepted, true, List.of(PHONE));
    }

    private void add(String name, SecondFactor factor, Trait... traits) {
        add(name, factor, Set.of(traits), new LibrarySpec(100 + accounts.size(), 24));
    }

    private void library(String name, LibraryQuirk quirk) {
        add(name, NONE, Set.of(), new LibrarySpec(100 + accounts.size(), 240, Set.of(quirk)));
    }

    private void add(String name, SecondFactor factor, Set<Trait> traits, LibrarySpec library) {
        var first = name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1);
        add(new Account(name + DOMAIN, FIRST_DSID + accounts.size(), first, "Sandbox", factor, traits, library));
    }

    /// What has happened to the account.
    AccountMemory memory(Account account) {
        return memory(account.identifier());
    }

    /// The same by name; names that nobody has are remembered too, so that guessing them is throttled alike.
    AccountMemory memory(String identifier) {
        return memories.computeIfAbsent(identifier.toLowerCase(Locale.ROOT), this::newMemory);
    }

    private AccountMemory newMemory(String identifier) {
        var own = secrets.get(identifier);
        return new AccountMemory(FIRST_PARTITION, own == null ? AccountMemory.FIRST_CODE : own.firstCode());
    }

    /// Adds an account, or puts it in the place of the one with its identifier.
    public void add(Account account) {
        accounts.put(account.identifier(), account);
    }

    /// What proves that somebody is the owner.
    ///
    /// @param firstCode of six digits; with changing codes the next is one more
    record Secrets(String password, int firstCode) {}

    /// Adds an account with a password and a code of its own. Before its first sign-in.
    ///
    /// @param code of six digits, without a leading zero
    public void add(Account account, String password, int code) {
        secrets.put(account.identifier(), new Secrets(password, code));
        memories.remove(account.identifier());
        add(account);
    }

    /// The password of an account that there is.
    String password(String identifier) {
        var own = secrets.get(identifier.toLowerCase(Locale.ROOT));
        return own == null ? PASSWORD : own.password();
    }

    /// The account of that Apple ID, in any case of letters.
    public Optional<Account> find(String identifier) {
        return Optional.ofNullable(accounts.get(identifier.toLowerCase(Locale.ROOT)));
    }

    /// Forgets what happened to the account, as its owner does who unlocks it. Its sessions stay.
    public void reset(String identifier) {
        memories.remove(identifier.toLowerCase(Locale.ROOT));
    }

    /// All of them, in no order.
    public Collection<Account> all() {
        return List.copyOf(accounts.values());
    }
}
