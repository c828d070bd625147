package ferry.sandbox.files;

import ferry.http.Exchange;
import ferry.sandbox.FileBody;
import ferry.sandbox.OpenService;
import ferry.sandbox.Replies;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/// The host of files that hang on records of one kind: whoever has an address that has not expired gets the
/// bytes, whole or from a place on.
public final class ShelfHost implements OpenService {
    /// How long an address works.
    private static final Duration LIFE = Duration.ofHours(1);

    private static final Pattern PATH = Pattern.compile("/(\\d{1,18})/([A-Z0-9-]{36})");
    private static final Pattern EXPIRES = Pattern.compile("e=(\\d{1,12})");

    private final String mount;
    private final Supplier<String> url;
    private final InstantSource clock;
    private final LongFunction<Optional<Shelf>> shelves;

    /// @param mount where the sandbox mounts it, such as `note-content`
    /// @param url where the sandbox answers, once it does
    /// @param shelves by the account's number, of those that somebody has looked at
    public ShelfHost(String mount, Supplier<String> url, InstantSource clock, LongFunction<Optional<Shelf>> shelves) {
        this.mount = mount;
        this.url = url;
        this.clock = clock;
        this.shelves = shelves;
    }

    /// An address of that file that works from now on, unless it is one that has expired.
    public String address(long dsid, String id) {
        boolean stale = shelves.apply(dsid).filter(shelf -> shelf.isStale(id)).isPresent();
        var expires = clock.instant().plus(stale ? LIFE.negated() : LIFE);
        return url.get() + "/" + mount + "/" + dsid + "/" + id + "?e=" + expires.getEpochSecond();
    }

    @Override
    public void handle(Exchange exchange, String path) {
        var named = PATH.matcher(path);
        var file = named.matches() && exchange.method().equals("GET")
                ? shelves.apply(Long.parseLong(named.group(1))).flatMap(shelf -> shelf.find(named.group(2)))
                : Optional.<StoredFile>empty();
        var expires = EXPIRES.matcher(exchange.query());
        if (!expires.matches()) {
            Replies.empty(exchange, 403);
        } else if (Long.parseLong(expires.group(1)) <= clock.instant().getEpochSecond()) {
            Replies.empty(exchange, 410);
        } else if (file.isEmpty() || file.get().oddity() == Oddity.GONE) {
            Replies.empty(exchange, 404);
        } else {
            FileBody.send(exchange, file.get().sent());
        }
    }
}
