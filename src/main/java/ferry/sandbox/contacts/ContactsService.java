package ferry.sandbox.contacts;

import static java.nio.charset.StandardCharsets.UTF_8;

import ferry.http.Exchange;
import ferry.sandbox.Account;
import ferry.sandbox.Replies;
import ferry.sandbox.Service;
import ferry.sandbox.files.Oddity;
import ferry.sandbox.files.StoredFile;
import java.net.URLDecoder;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// The web service `contacts` (`icloud-protocol` 2.3), reading only. Whoever wants the contacts starts first,
/// and brings the tokens of the start along.
public final class ContactsService implements Service {
    /// What the start itself shows of the contacts; the rest are for `contacts`.
    private static final int FIRST_SIGHT = 10;

    private static final int SMALL_PAGE = 50;
    /// How often something is removed under way before the owner is done.
    private static final int REMOVALS = 2;

    private static final String PHOTOS = "/co/photos/";
    /// How long the address of a photo works.
    private static final Duration LIFE = Duration.ofMinutes(15);

    private final AddressBooks books;
    private final InstantSource clock;
    private final Map<Long, Integer> removals = new ConcurrentHashMap<>();

    /// @param clock what addresses of photos expire by
    public ContactsService(AddressBooks books, InstantSource clock) {
        this.books = books;
        this.clock = clock;
    }

    @Override
    public void handle(Exchange exchange, Account account, String path) {
        var book = books.of(account);
        if (!exchange.method().equals("GET")) {
            Replies.empty(exchange, 405);
        } else if (path.startsWith(PHOTOS)) {
            photo(exchange, book.photo(path.substring(PHOTOS.length())));
        } else if (!Set.of("/co/startup", "/co/contacts", "/co/mecard").contains(path)) {
            Replies.empty(exchange, 404);
        } else if (book.has(ContactsQuirk.NEVER_OPENED)) {
            Replies.empty(exchange, 200);
        } else {
            var at = exchange.path().length() - path.length();
            var root = "http://" + exchange.header("Host").orElse("")
                    + exchange.path().substring(0, at);
            switch (path) {
                case "/co/startup" -> Replies.json(exchange, 200, start(account, book, root));
                case "/co/mecard" -> Replies.json(exchange, 200, ownCard(account, book, root));
                default -> contacts(exchange, account, book, root);
            }
        }
    }

    /// Whoever has the account's session gets it, as long as the address has not expired.
    private void photo(Exchange exchange, Optional<StoredFile> photo) {
        var expires = parameters(exchange.query()).getOrDefault("e", "");
        if (photo.isEmpty() || photo.get().oddity() == Oddity.GONE) {
            Replies.empty(exchange, 404);
        } else if (!expires.matches("\\d{1,12}")
                || Long.parseLong(expires) <= clock.instant().getEpochSecond()) {
            Replies.empty(exchange, 410);
        } else {
            boolean page = photo.get().oddity() == Oddity.PAGE_INSTEAD;
            exchange.set("Content-Type", page ? "text/html; charset=UTF-8" : "image/jpeg");
            exchange.respond(200, photo.get().sent());
        }
    }

    /// Adds cards to an answer; the addresses of their photos lead back here.
    ///
    /// @param listing whether addresses may be those that have expired
    private void put(AddressBook book, ArrayNode answer, List<? extends JsonNode> cards, String root, boolean listing) {
        for (var card : cards) {
            if (card.path("photo") instanceof ObjectNode photo) {
                var id = card.path("contactId").asString();
                boolean stale = listing && book.isStale(id);
                var expires = clock.instant().plus(stale ? LIFE.negated() : LIFE);
                photo.put("url", root + photo.path("url").asString() + "?e=" + expires.getEpochSecond());
            }
            answer.add(card);
        }
    }

    private static ObjectNode tokens(Account account, AddressBook book) {
        return Replies.object()
                .put("prefToken", prefToken(account))
                .put("syncToken", syncPrefix(account) + book.changes());
    }

    private static String prefToken(Account account) {
        return "pref-" + account.dsid() + "@en_US";
    }

    private static String syncPrefix(Account account) {
        return "DAVST-V1-p" + account.dsid() + "-FT=-@RU=card-";
    }

    private ObjectNode start(Account account, AddressBook book, String root) {
        var answer = tokens(account, book);
        put(book, answer.putArray("contacts"), book.page(0, FIRST_SIGHT), root, false);
        var groups = answer.putArray("groups");
        book.groups().forEach(groups::add);
        if (!book.has(ContactsQuirk.OWN_CARD_APART)) {
            answer.put("meCardId", book.ownId());
        }
        answer.putArray("collections").addObject().put("collectionId", "card");
        return answer;
    }

    private ObjectNode ownCard(Account account, AddressBook book, String root) {
        var answer = tokens(account, book);
        put(book, answer.put("meCardId", book.ownId()).putArray("contacts"), List.of(book.own()), root, false);
        return answer;
    }

    private void contacts(Exchange exchange, Account account, AddressBook book, String root) {
        var query = parameters(exchange.query());
        var offset = number(query.get("offset"));
        var limit = number(query.get("limit"));
        var known = prefToken(account).equals(query.get("prefToken"))
                && query.getOrDefault("syncToken", "").startsWith(syncPrefix(account));
        if (!known || offset < 0 || limit < 0) {
            Replies.json(exchange, 400, Replies.object().put("error", 1).put("reason", "Invalid token or parameter"));
            return;
        }
        if (offset > 0
                && book.has(ContactsQuirk.MOVING)
                && removals.merge(account.dsid(), 1, Integer::sum) <= REMOVALS) {
            book.loseTheFirst();
        }
        var small = book.has(ContactsQuirk.SMALL_PAGES) && (limit == 0 || limit > SMALL_PAGE);
        var answer = tokens(account, book);
        put(book, answer.putArray("contacts"), book.page(offset, small ? SMALL_PAGE : limit), root, true);
        Replies.json(exchange, 200, answer);
    }

    /// -1 for what is no number.
    private static int number(@Nullable String text) {
        return text != null && text.matches("\\d{1,9}") ? Integer.parseInt(text) : -1;
    }

    private static Map<String, String> parameters(String query) {
        var all = new HashMap<String, String>();
        for (var pair : query.split("&", -1)) {
            var parts = pair.split("=", 2);
            all.put(URLDecoder.decode(parts[0], UTF_8), parts.length < 2 ? "" : URLDecoder.decode(parts[1], UTF_8));
        }
        return all;
    }
}
