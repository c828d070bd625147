package ferry.sandbox.sharedalbums;

import ferry.http.Exchange;
import ferry.sandbox.Account;
import ferry.sandbox.Replies;
import ferry.sandbox.Service;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The web service `sharedstreams` (`icloud-protocol` 2.6), reading only. An album is asked for at its
/// owner's address, and nowhere else.
public final class SharedAlbumService implements Service {
    private static final Pattern PATH = Pattern.compile("/(\\d{1,18})/sharedstreams/(\\w+)");
    private static final int MOST_PHOTOS = 100;

    private final SharedAlbums albums;
    private final Supplier<String> url;
    private final InstantSource clock;

    /// @param url where the sandbox answers; asked at each request
    public SharedAlbumService(SharedAlbums albums, Supplier<String> url, InstantSource clock) {
        this.albums = albums;
        this.url = url;
        this.clock = clock;
    }

    @Override
    public void handle(Exchange exchange, Account account, String path) throws IOException {
        var call = PATH.matcher(path);
        if (!exchange.method().equals("POST")) {
            Replies.empty(exchange, 405);
        } else if (!call.matches()) {
            Replies.empty(exchange, 404);
        } else {
            var root = url.get() + exchange.path().substring(0, exchange.path().length() - path.length());
            answer(exchange, account, Long.parseLong(call.group(1)), call.group(2), root);
        }
    }

    private void answer(Exchange exchange, Account account, long owner, String call, String root) throws IOException {
        var body = Replies.body(exchange);
        var album = album(account, owner, body.path("albumguid").asString(""));
        switch (call) {
            case "webgetalbumslist" -> list(exchange, account, owner, root);
            case "webgetassetcount" ->
                album.ifPresentOrElse(
                        a -> Replies.json(
                                exchange,
                                200,
                                Replies.object()
                                        .put("albumassetcount", a.photos().size())),
                        () -> Replies.empty(exchange, 404));
            case "webgetassets" ->
                album.ifPresentOrElse(a -> assets(exchange, a, body), () -> Replies.empty(exchange, 404));
            default -> Replies.empty(exchange, 404);
        }
    }

    private Optional<SharedAlbum> album(Account account, long owner, String guid) {
        return albums.of(account).stream()
                .filter(album -> album.guid().equals(guid) && album.owner() == owner && !album.gone())
                .findFirst();
    }

    private void list(Exchange exchange, Account account, long owner, String root) {
        if (owner != account.dsid()) {
            Replies.empty(exchange, 404);
            return;
        }
        var answer = Replies.object();
        var list = answer.putArray("albums");
        for (var album : albums.of(account)) {
            list.add(listed(account, album, root));
        }
        Replies.json(exchange, 200, answer);
    }

    private static ObjectNode listed(Account account, SharedAlbum album, String root) {
        boolean own = album.owner() == account.dsid();
        var node = Replies.object()
                .put("albumguid", album.guid())
                .put("albumlocation", root + "/" + album.owner() + "/sharedstreams/")
                .put(
                        "albumctag",
                        "FT=-@RU=" + album.guid() + "@S=" + album.photos().size())
                .put("ownerdsid", String.valueOf(album.owner()))
                .put("sharingtype", own ? "owned" : "subscribed");
        var attributes = node.putObject("attributes").put("name", album.title());
        if (album.plain()) {
            node.put("iswebuploadsupported", "1");
            attributes
                    .put("creationDate", "2024-05-06T07:08:09Z")
                    .put("allowcontributions", "1")
                    .put("ispublic", "0");
        } else {
            node.put("iswebuploadsupported", true);
            attributes
                    .put("creationDate", "1700000000000")
                    .put("allowcontributions", own)
                    .put("ispublic", own);
            if (own) {
                node.put("publicurl", "https://www.icloud.com/sharedalbum/#" + album.guid());
            }
        }
        return node;
    }

    /// From `offset` to before `limit`, both written as text.
    private void assets(Exchange exchange, SharedAlbum album, JsonNode body) {
        var offset = number(body.path("offset"));
        var limit = number(body.path("limit"));
        if (offset.isEmpty() || limit.isEmpty()) {
            Replies.empty(exchange, 400);
            return;
        }
        int from = offset.get();
        int to = Math.min(limit.get(), from + MOST_PHOTOS);
        exchange.set("Content-Type", "application/json; charset=UTF-8");
        exchange.respond(200, album.photos().records(from, to, clock.instant(), url.get(), !album.plain()));
    }

    private static Optional<Integer> number(JsonNode node) {
        var text = node.isString() ? node.stringValue() : "";
        return text.matches("\\d{1,8}") ? Optional.of(Integer.valueOf(text)) : Optional.empty();
    }
}
