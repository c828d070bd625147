package ferry.sandbox.notes;

import ferry.http.Exchange;
import ferry.sandbox.Account;
import ferry.sandbox.Service;
import ferry.sandbox.cloudkit.ZoneService;
import java.time.Duration;
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

    /// How long the address of an attachment works.
    private static final Duration LIFE = Duration.ofHours(1);

    private final Supplier<String> url;
    private final InstantSource clock;
    private final Map<Long, Notebook> notebooks = new ConcurrentHashMap<>();

    /// @param url where the sandbox answers, once it does
    public Notebooks(Supplier<String> url, InstantSource clock) {
        this.url = url;
        this.clock = clock;
    }

    /// Those of an account that somebody has looked at.
    Optional<Notebook> known(long dsid) {
        return Optional.ofNullable(notebooks.get(dsid));
    }

    private String address(Account account, String attachment) {
        boolean stale = of(account).isStale(attachment);
        var expires = clock.instant().plus(stale ? LIFE.negated() : LIFE);
        return url.get() + "/note-content/" + account.dsid() + "/" + attachment + "?e=" + expires.getEpochSecond();
    }

    /// The account's own.
    public Notebook of(Account account) {
        return notebooks.computeIfAbsent(account.dsid(), dsid -> Notebook.grow(dsid, NotebookSpec.of(account), clock));
    }

    /// The container [#CONTAINER].
    ///
    /// @param isReadable whether a request carries the keys, or needs none
    public Service service(BiPredicate<Exchange, Account> isReadable) {
        return new ZoneService(account -> of(account).zone(), isReadable, this::address);
    }
}
