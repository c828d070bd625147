package ferry.sandbox.reminders;

import ferry.http.Exchange;
import ferry.sandbox.Account;
import ferry.sandbox.LibraryQuirk;
import ferry.sandbox.Replies;
import ferry.sandbox.Service;
import ferry.sandbox.Trait;
import ferry.sandbox.cloudkit.ZoneService;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiPredicate;

/// Everyone's reminders, grown when first asked for and then kept, so that what a test changes stays changed.
/// Thread-safe.
public final class ReminderBooks {
    /// Its name at CloudKit.
    public static final String CONTAINER = "com.apple.reminders";

    private final InstantSource clock;
    private final Map<Long, ReminderBook> books = new ConcurrentHashMap<>();

    public ReminderBooks(InstantSource clock) {
        this.clock = clock;
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
                        clock));
    }

    /// The container [#CONTAINER].
    ///
    /// @param isReadable whether a request carries the keys, or needs none
    public Service service(BiPredicate<Exchange, Account> isReadable) {
        var zones = new ZoneService(account -> of(account).zone(), isReadable);
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
