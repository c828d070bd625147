package ferry.sandbox.notes;

import ferry.http.Exchange;
import ferry.sandbox.Account;
import ferry.sandbox.OpenService;
import ferry.sandbox.Service;
import ferry.sandbox.cloudkit.ZoneService;
import ferry.sandbox.files.ShelfHost;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiPredicate;
import java.util.function.Supplier;

/// Everyone's notes, grown when first asked for and then kept, so that what a test changes stays changed. Thread-safe.
public final class Notebooks {
    /// Its name at CloudKit.
    public static final String CONTAINER = "com.apple.notes";
    /// Where what is attached is handed out.
    public static final String CONTENT = "note-content";

    private final InstantSource clock;
    private final ShelfHost host;
    private final Map<Long, Notebook> notebooks = new ConcurrentHashMap<>();

    /// @param url where the sandbox answers, once it does
    public Notebooks(Supplier<String> url, InstantSource clock) {
        this.clock = clock;
        host = new ShelfHost(
                CONTENT,
                url,
                clock,
                dsid -> Optional.ofNullable(notebooks.get(dsid)).map(Notebook::files));
    }

    /// Hands out what is attached; mounted as [#CONTENT].
    public OpenService host() {
        return host;
    }

    /// The account's own.
    public Notebook of(Account account) {
        return notebooks.computeIfAbsent(account.dsid(), dsid -> Notebook.grow(dsid, NotebookSpec.of(account), clock));
    }

    /// Lets it grow anew when it is next asked for.
    public void forget(Account account) {
        notebooks.remove(account.dsid());
    }

    /// The container [#CONTAINER].
    ///
    /// @param isReadable whether a request carries the keys, or needs none
    public Service service(BiPredicate<Exchange, Account> isReadable) {
        return new ZoneService(
                account -> of(account).zone(), isReadable, (account, id) -> host.address(account.dsid(), id));
    }
}
