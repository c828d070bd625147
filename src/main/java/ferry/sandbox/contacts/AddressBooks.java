package ferry.sandbox.contacts;

import ferry.sandbox.Account;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Everyone's address books, grown when first asked for and then kept, so that what a test changes stays changed.
/// Thread-safe.
public final class AddressBooks {
    private final Map<Long, AddressBook> books = new ConcurrentHashMap<>();

    /// The account's own.
    public AddressBook of(Account account) {
        return books.computeIfAbsent(account.dsid(), _ -> new AddressBook(account, ContactsSpec.of(account)));
    }
}
