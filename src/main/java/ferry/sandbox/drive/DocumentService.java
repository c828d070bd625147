package ferry.sandbox.drive;

import static java.nio.charset.StandardCharsets.UTF_8;

import ferry.http.Exchange;
import ferry.sandbox.Account;
import ferry.sandbox.Replies;
import ferry.sandbox.Service;
import ferry.sandbox.defects.Defect;
import ferry.sandbox.photos.Checksum;
import java.net.URLDecoder;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/// The service `docws`: gives out an address for each file that is asked for. Shaped like the recorded answer.
public final class DocumentService implements Service {
    private static final Pattern DOWNLOAD = Pattern.compile("/ws/([^/]+)/download/by_id");
    private static final Duration LIFE = Duration.ofHours(1);
    private static final byte[] REFERENCE = Checksum.of("reference".getBytes(UTF_8));

    private final Drives drives;
    private final Supplier<String> url;
    private final InstantSource clock;

    /// @param url the sandbox's own, such as `http://127.0.0.1:8081`
    public DocumentService(Drives drives, Supplier<String> url, InstantSource clock) {
        this.drives = drives;
        this.url = url;
        this.clock = clock;
    }

    @Override
    public void handle(Exchange exchange, Account account, String path) {
        var download = DOWNLOAD.matcher(path);
        if (!exchange.method().equals("GET") || !download.matches()) {
            Replies.empty(exchange, 404);
        } else if (drives.putsOff(account)) {
            TreeService.busy(exchange);
        } else {
            download(exchange, account, URLDecoder.decode(download.group(1), UTF_8));
        }
    }

    private void download(Exchange exchange, Account account, String zone) {
        var found = drives.of(account)
                .find(zone, parameter(exchange, "document_id"))
                .filter(node -> !node.isFolder() && node.oddity() != Oddity.GONE)
                .filter(node -> isOpen(node, parameter(exchange, "shareID")));
        if (found.isEmpty()) {
            Replies.json(
                    exchange,
                    404,
                    Replies.object()
                            .put("error_code", "WSObjectNotFound")
                            .put("serverErrorCode", "NOT_FOUND")
                            .put("messageForDeveloper", "ObjectNotFoundException: no such document"));
        } else if (found.get().content().map(Content::size).orElse(0) == 0) {
            Replies.json(
                    exchange, 400, Replies.object().put("reason", "Bad Request").put("errorCode", 400));
        } else {
            Replies.json(exchange, 200, answer(account, found.get()));
        }
    }

    private static boolean isOpen(Node node, String share) {
        return node.share().isEmpty() || node.share().get().toString().equals(share);
    }

    private ObjectNode answer(Account account, Node node) {
        var answer = Replies.object()
                .put("document_id", node.docwsid())
                .put("owner_dsid", account.dsid())
                .put("item_id", Long.toString(account.dsid() ^ node.docwsid().hashCode(), 36));
        boolean missing = drives.of(account).defects().strikes(Defect.MISSING_URL, node.docwsid());
        if (node.oddity() != Oddity.NOT_UPLOADED && !missing) {
            boolean isPackage = node.content().map(Content::isPackage).orElse(false);
            token(answer.putObject(isPackage ? "package_token" : "data_token"), account, node);
        }
        return answer.put("double_etag", "32::2x");
    }

    private void token(ObjectNode token, Account account, Node node) {
        int time = drives.times(account, node, "address");
        boolean expired = (node.oddity() == Oddity.EXPIRED_ONCE && time == 1)
                || drives.of(account).defects().strikes(Defect.EXPIRED_URL, node.docwsid());
        var expires = clock.instant().plus(expired ? Duration.ofSeconds(-1) : LIFE);
        var bytes = node.content().orElseThrow().bytes();
        var signature = Checksum.text(Checksum.of(bytes));
        var address = new Address(account.dsid(), node.docwsid(), time, expires);
        token.put("url", address.text(url.get(), node))
                .put("token", "token" + time)
                .put("signature", signature)
                .put(node.oddity() == Oddity.NEWLINE_IN_KEY ? "wrapping_key\n" : "wrapping_key", "d3JhcHBpbmc=")
                .put("reference_signature", Checksum.text(REFERENCE));
    }

    private static String parameter(Exchange exchange, String name) {
        for (var pair : exchange.query().split("&", -1)) {
            if (pair.startsWith(name + "=")) {
                return URLDecoder.decode(pair.substring(name.length() + 1), UTF_8);
            }
        }
        return "";
    }
}
