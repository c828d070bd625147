package ferry.sandbox.reminders;

import ferry.http.Exchange;
import ferry.sandbox.Account;
import ferry.sandbox.LibraryQuirk;
import ferry.sandbox.OpenService;
import ferry.sandbox.Replies;
import ferry.sandbox.Service;
import ferry.sandbox.Trait;
import ferry.sandbox.cloudkit.ZoneService;
import ferry.sandbox.files.ShelfHost;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiPredicate;
import java.util.function.Supplier;

/// Everyone's reminders, grown when first asked for and then kept, so that what a test changes stays changed.
/// Thread-safe.
public final class ReminderBooks {
    /// Its name at CloudKit.
    public static final String CONTAINER = "com.apple.reminders";

    /// Where what is attached is handed out.
    public static final String CONTENT = "reminder-content";

    private final InstantSource clock;
    private final ShelfHost host;
    private final Map<Long, ReminderBook> books = new ConcurrentHashMap<>();

    /// @param url where the sandbox answers, once it does
    public ReminderBooks(Supplier<String> url, InstantSource clock) {
        this.clock = clock;
        host = new ShelfHost(
                CONTENT,
                url,
                clock,
                dsid -> Optional.ofNullable(books.get(dsid)).map(ReminderBook::files));
    }

    /// Hands out what is attached; mounted as [#CONTENT].
    public OpenService host() {
        return host;
    }

    /// The account's own: few reminders, or some pages of them where its library is large.
    public ReminderBook of(Account account) {
        var library = account.library();
        return books.computeIfAbsent(
                account.dsid(),
                dsid -> ReminderBook.grow(
                        dsid,
                        library.seed(),
                        Math.min(600, library.photos()),
                        library.quirks().contains(LibraryQuirk.RECORD_ERRORS),
                        account.identifier().startsWith("reminder-attachments@"),
                        clock));
    }

    /// Lets it grow anew when it is next asked for.
    public void forget(Account account) {
        books.remove(account.dsid());
    }

    /// The container [#CONTAINER].
    ///
    /// @param isReadable whether a request carries the keys, or needs none
    public Service service(BiPredicate<Exchange, Account> isReadable) {
        var zones = new ZoneService(
                account -> of(account).zone(), isReadable, (account, id) -> host.address(account.dsid(), id));
        return (exchange, account, path) -> {
            if (account.has(Trait.OLD_REMINDERS)) {
                Replies.json(
                        exchange,
                        404,
                        Replies.object()
                                .put("serverErrorCode", "ZONE_NOT_FOUND")
                                .put("reason", "Zone 'Reminders' does not exist"));
            } else {
                zones.handle(exchange, account, path);
            }
        };
    }
}
