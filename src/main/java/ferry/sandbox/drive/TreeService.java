package ferry.sandbox.drive;

import ferry.http.Exchange;
import ferry.sandbox.Account;
import ferry.sandbox.Replies;
import ferry.sandbox.Service;
import ferry.sandbox.defects.Defect;
import java.io.IOException;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The service `drivews`: what lies in which folder. Shaped like the recorded answers, key by key.
public final class TreeService implements Service {
    private final Drives drives;

    public TreeService(Drives drives) {
        this.drives = drives;
    }

    @Override
    public void handle(Exchange exchange, Account account, String path) throws IOException {
        if (drives.putsOff(account)) {
            busy(exchange);
            return;
        }
        switch (exchange.method() + " " + path) {
            case "POST /retrieveItemDetailsInFolders" -> folders(exchange, account);
            case "POST /retrieveItemDetails" -> items(exchange, account);
            case "GET /retrieveAppLibraries" -> Replies.json(exchange, 200, libraries(account));
            default -> Replies.empty(exchange, 404);
        }
    }

    /// As both services of the drive tell it.
    static void busy(Exchange exchange) {
        exchange.set("Retry-After", "0");
        Replies.json(
                exchange,
                503,
                Replies.object().put("serverErrorCode", "THROTTLED").put("reason", "Service unavailable"));
    }

    private void folders(Exchange exchange, Account account) throws IOException {
        var asked = Replies.body(exchange);
        if (!asked.isArray() || asked.isEmpty()) {
            Replies.json(
                    exchange, 400, Replies.object().put("reason", "Bad Request").put("errorCode", 400));
            return;
        }
        var answer = JsonNodeFactory.instance.arrayNode();
        for (var one : asked) {
            answer.add(folder(account, one));
        }
        Replies.json(exchange, 200, answer);
    }

    private ObjectNode folder(Account account, JsonNode asked) {
        var drive = drives.of(account);
        var found = open(drive, asked).filter(Node::isFolder);
        if (found.isEmpty()) {
            return Replies.object().put("status", "ID_INVALID");
        }
        var node = found.get();
        var wrong = new ListingDefects(drive, node);
        wrong.shift();
        if (wrong.isRepeated()) {
            return listing(account, drive, drive.find(node.parent()).orElseThrow(), List::copyOf);
        }
        var json = listing(account, drive, node, wrong::shown);
        return wrong.isEmpty() ? json.put("numberOfItems", 0) : json;
    }

    /// @param shown picks those of its items that are told
    private ObjectNode listing(Account account, DriveTree drive, Node node, UnaryOperator<List<Node>> shown) {
        var children = new ArrayList<>(drive.children(node));
        if (node.oddity() == Oddity.LOOP) {
            drive.find(node.parent()).ifPresent(children::add);
        }
        int count = children.size() + (node.oddity() == Oddity.SHORT_ALWAYS ? 3 : 0);
        boolean cut = node.oddity() == Oddity.SHORT_ONCE && drives.times(account, node, "listed") == 1;
        var json = told(drive, node);
        items(json.putArray("items"), drive, shown.apply(cut ? children.subList(0, children.size() - 2) : children));
        return json.put("numberOfItems", count);
    }

    /// Some twice, side by side.
    private static void items(ArrayNode array, DriveTree drive, List<Node> nodes) {
        for (var node : nodes) {
            array.add(item(drive, node));
            if (drive.defects().marks(Defect.DUPLICATE_ASSET, node.docwsid())) {
                array.add(item(drive, node));
            }
        }
    }

    private void items(Exchange exchange, Account account) throws IOException {
        var answer = JsonNodeFactory.instance.arrayNode();
        for (var one : Replies.body(exchange).path(0).path("items")) {
            var found = open(drives.of(account), one);
            answer.add(found.map(node -> item(drives.of(account), node))
                    .orElseGet(() -> Replies.object().put("status", "ID_INVALID")));
        }
        Replies.json(exchange, 200, answer);
    }

    /// What is asked for, where it is there and its share is named.
    private static Optional<Node> open(DriveTree drive, JsonNode asked) {
        return drive.byDriveId(asked.path("drivewsid").asString(""))
                .filter(node -> node.oddity() != Oddity.GONE)
                .filter(node -> node.share().isEmpty() || node.share().get().equals(asked.path("shareID")));
    }

    private ObjectNode libraries(Account account) {
        var drive = drives.of(account);
        var libraries = drive.libraries();
        var answer = Replies.object();
        boolean cut = drive.defects().strikes(Defect.MISSING_PAGE, "libraries");
        items(answer.putArray("items"), drive, cut ? libraries.subList(0, libraries.size() - 1) : libraries);
        return answer.put("numberOfItems", libraries.size());
    }

    /// An item, or an error in its place.
    private static ObjectNode item(DriveTree drive, Node node) {
        return drive.defects().strikes(Defect.RECORD_ERROR, node.docwsid())
                ? Replies.object().put("drivewsid", node.drivewsid()).put("status", "INTERNAL_ERROR")
                : told(drive, node);
    }

    private static ObjectNode told(DriveTree drive, Node node) {
        var json = Replies.object();
        if (node.type() != Node.Type.FOLDER) {
            json.put("dateCreated", date(node, 0, "-08:00"));
        }
        json.put("drivewsid", node.drivewsid())
                .put("docwsid", node.shownId())
                .put("zone", node.zone())
                .put("name", node.name());
        drive.find(node.parent()).ifPresent(parent -> json.put("parentId", parent.drivewsid()));
        json.put("etag", etag(node)).put("type", node.type().name());
        node.share().ifPresent(share -> json.set("shareID", share));
        if (node.isFolder()) {
            folder(json, drive, node);
        } else {
            file(json, drive, node);
        }
        return json;
    }

    private static void folder(ObjectNode json, DriveTree drive, Node node) {
        if (node.type() == Node.Type.APP_LIBRARY) {
            json.put("maxDepth", "ANY");
            json.putArray("icons");
            json.putArray("supportedExtensions");
            json.putArray("supportedTypes");
            return;
        }
        var sums = drive.sums(node);
        json.put("assetQuota", sums[1])
                .put("fileCount", sums[0])
                .put("shareCount", 0)
                .put("shareAliasCount", 0)
                .put("directChildrenCount", drive.children(node).size());
    }

    private static void file(ObjectNode json, DriveTree drive, Node node) {
        node.extension().ifPresent(extension -> json.put("extension", extension));
        json.put("isChainedToParent", true)
                .put("dateModified", date(node, 1, "Z"))
                .put("dateChanged", date(node, 2, "Z"))
                .put("size", size(drive, node));
        if (node.modified().getEpochSecond() % 2 == 0) {
            json.put("lastOpenTime", date(node, 3, "Z"));
        }
    }

    private static String etag(Node node) {
        int state = Objects.hash(node.docwsid(), node.name(), node.parent(), node.modified());
        return Integer.toString(Math.floorMod(state, 1296), 36);
    }

    /// A lie is longer or shorter than the truth, and never nothing. Nobody looks at the size of a package.
    private static int size(DriveTree drive, Node node) {
        int size = node.content().map(Content::size).orElse(0);
        boolean plain = node.content().filter(content -> !content.isPackage()).isPresent();
        boolean lying = plain && size > 0 && drive.defects().strikes(Defect.LYING_LENGTH, node.docwsid());
        return !lying ? size : size % 2 == 0 ? size / 2 : size + 1 + size / 2;
    }

    /// Some hours after the document was begun, in the clock of some place.
    private static String date(Node node, int hours, String zone) {
        var moment = node.modified().plus(hours, ChronoUnit.HOURS);
        var there = moment.atOffset(ZoneOffset.of(zone));
        return DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(there);
    }
}
