package ferry.sandbox.calendars;

import ferry.sandbox.Account;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Everyone's calendars, grown when first asked for and then kept, so that what a test changes stays changed.
/// Thread-safe.
public final class CalendarStores {
    private final InstantSource clock;
    private final Map<Long, CalendarStore> stores = new ConcurrentHashMap<>();

    /// @param clock says when changes are made
    public CalendarStores(InstantSource clock) {
        this.clock = clock;
    }

    /// The account's own.
    public CalendarStore of(Account account) {
        return stores.computeIfAbsent(account.dsid(), _ -> new CalendarStore(CalendarSpec.of(account), clock));
    }
}
