package ferry.sandbox.notes;

import ferry.http.Exchange;
import ferry.sandbox.Account;
import ferry.sandbox.Service;
import ferry.sandbox.cloudkit.ZoneService;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiPredicate;

/// Everyone's notes, grown when first asked for and then kept, so that what a test changes stays changed. Thread-safe.
public final class Notebooks {
    /// Its name at CloudKit.
    public static final String CONTAINER = "com.apple.notes";

    private final InstantSource clock;
    private final Map<Long, Notebook> notebooks = new ConcurrentHashMap<>();

    public Notebooks(InstantSource clock) {
        this.clock = clock;
    }

    /// The account's own.
    public Notebook of(Account account) {
        return notebooks.computeIfAbsent(account.dsid(), dsid -> Notebook.grow(dsid, NotebookSpec.of(account), clock));
    }

    /// The container [#CONTAINER].
    ///
    /// @param isReadable whether a request carries the keys, or needs none
    public Service service(BiPredicate<Exchange, Account> isReadable) {
        return new ZoneService(account -> of(account).zone(), isReadable);
    }
}
