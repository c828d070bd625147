package ferry.sandbox;

import static ferry.sandbox.SecondFactor.Accepted.NO_CONTENT_204;
import static ferry.sandbox.SecondFactor.Push.ON_REQUEST;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Who lives here. Thread-safe.
public final class Accounts {
    private static final SecondFactor NONE = new SecondFactor.None();
    private static final SecondFactor CODES =
            new SecondFactor.Codes(ON_REQUEST, NO_CONTENT_204, true, List.of(new Phone(1, "81", "sms", false)));

    private final Map<String, Account> accounts = new ConcurrentHashMap<>();
    private final Map<Long, Account> byDsid = new ConcurrentHashMap<>();

    Accounts() {
        add("plain", "Paula", "Plain", NONE, Set.of(), new LibrarySpec(1, 12));
        add("john.appleseed", "John", "Appleseed", CODES, Set.of(), new LibrarySpec(2, 48));
        add("big", "Bea", "Big", NONE, Set.of(), new LibrarySpec(3, 100_000));
    }

    private void add(
            String name,
            String firstName,
            String lastName,
            SecondFactor factor,
            Set<Trait> traits,
            LibrarySpec library) {
        var dsid = 20_000_000_001L + accounts.size();
        add(new Account(name + "@sandbox.example", dsid, firstName, lastName, factor, traits, library));
    }

    /// Adds an account, or puts it in the place of the one with its identifier.
    public void add(Account account) {
        accounts.put(account.identifier(), account);
        byDsid.put(account.dsid(), account);
    }

    /// The account of that Apple ID, in any case of letters.
    public Optional<Account> find(String identifier) {
        return Optional.ofNullable(accounts.get(identifier.toLowerCase(Locale.ROOT)));
    }

    Optional<Account> find(long dsid) {
        return Optional.ofNullable(byDsid.get(dsid));
    }

    /// All of them, in no order.
    public Collection<Account> all() {
        return List.copyOf(accounts.values());
    }
}
