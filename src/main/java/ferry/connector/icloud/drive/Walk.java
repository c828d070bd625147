package ferry.connector.icloud.drive;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.SeenIds;
import ferry.error.ErrorCode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// Goes through the whole tree once, breadth first, several folders in a call; then through the libraries of apps that
/// the root does not list. One thread.
///
/// Held are the answer of one call, the folders that still wait, and eight bytes for each item seen, by which no folder
/// is entered twice.
final class Walk {
    private static final int MOST_FOLDERS = 20;
    /// What folders of one call may hold in all; a larger one goes alone.
    private static final long MOST_ITEMS = 2_000;

    private final DriveService service;
    private final Visitor visitor;
    private final SeenIds seen = new SeenIds();
    private final ArrayDeque<Folder> waiting = new ArrayDeque<>();
    private long gone;
    private long shortened;
    private boolean librariesKnown = true;

    /// Is told of everything, once.
    interface Visitor {
        /// An item.
        ///
        /// @param folder where it was found
        /// @param path its own, from the root
        void item(Item item, Folder folder, String path) throws ConnectorException, InterruptedException;

        /// All items of a folder have been told.
        void listed() throws ConnectorException, InterruptedException;

        /// A folder could not be listed.
        void refused(Folder folder);

        /// An entry of a folder that is no item.
        void unreadable(Folder folder);

        /// The root, before anything else.
        void root(JsonNode root);

        /// Whether there is a reason to go on.
        boolean goesOn();
    }

    Walk(DriveService service, Visitor visitor) {
        this.service = service;
        this.visitor = visitor;
    }

    /// @throws Refused where the drive as a whole can't be read, `not-activated` where there is none
    void run() throws ConnectorException, InterruptedException {
        var root = service.listing(List.of(Folder.ROOT)).getFirst();
        if (isGone(root) || !root.isObject()) {
            throw new Refused(ErrorCode.NOT_ACTIVATED, "The owner has never opened iCloud Drive.");
        }
        seen.add("com.apple.CloudDocs/root");
        visitor.root(root);
        take(Folder.ROOT, root);
        drain();
        if (visitor.goesOn()) {
            libraries();
            drain();
        }
    }

    /// Folders that went while they waited.
    long gone() {
        return gone;
    }

    /// Folders that say they hold more than they list.
    long shortened() {
        return shortened;
    }

    /// Whether the source told all libraries of apps.
    boolean librariesKnown() {
        return librariesKnown;
    }

    private void drain() throws ConnectorException, InterruptedException {
        while (!waiting.isEmpty() && visitor.goesOn()) {
            var folders = next();
            var answers = listed(folders);
            for (int i = 0; i < folders.size(); i++) {
                take(folders.get(i), answers.get(i));
            }
        }
    }

    private List<Folder> next() {
        var folders = new ArrayList<Folder>();
        long items = 0;
        while (!waiting.isEmpty() && folders.size() < MOST_FOLDERS) {
            items += waiting.element().children();
            if (!folders.isEmpty() && items > MOST_ITEMS) {
                break;
            }
            folders.add(waiting.remove());
        }
        return folders;
    }

    /// One answer for each; where the source refuses them together, each is asked for alone.
    private List<JsonNode> listed(List<Folder> folders) throws ConnectorException, InterruptedException {
        try {
            return service.listing(folders);
        } catch (Refused e) {
            if (DriveService.concernsAll(e)) {
                throw e;
            }
            if (folders.size() == 1) {
                return List.of(Json.object());
            }
        }
        var each = new ArrayList<JsonNode>();
        for (var folder : folders) {
            each.addAll(listed(List.of(folder)));
        }
        return each;
    }

    private void take(Folder folder, JsonNode answer) throws ConnectorException, InterruptedException {
        if (isGone(answer)) {
            gone++;
            return;
        }
        if (isWhole(answer)) {
            give(folder, answer, new HashSet<>());
            visitor.listed();
            return;
        }
        // Once more, alone: it may have been listed while something moved, or too much may have been asked for.
        var told = new HashSet<String>();
        give(folder, answer, told);
        var again = listed(List.of(folder)).getFirst();
        if (isGone(again)) {
            gone++;
        } else if (!again.path("items").isArray() && !isWhole(again)) {
            refuse(folder, answer);
        } else {
            give(folder, again, told);
            shortened += counted(again).orElse(0) > told.size() ? 1 : 0;
        }
        visitor.listed();
    }

    /// What came at first counts as short, not as nothing.
    private void refuse(Folder folder, JsonNode first) {
        if (first.path("items").isArray()) {
            shortened++;
        } else {
            visitor.refused(folder);
        }
    }

    private void give(Folder folder, JsonNode answer, Set<String> told)
            throws ConnectorException, InterruptedException {
        for (var json : answer.path("items")) {
            var item = Item.of(json, folder.share());
            told.add(item.map(Item::key).orElseGet(() -> "entry " + told.size()));
            if (Item.isTrash(json)) {
                continue;
            }
            if (item.isEmpty()) {
                visitor.unreadable(folder);
            } else if (seen.add(item.get().key())) {
                give(folder, item.get());
            }
        }
    }

    private void give(Folder folder, Item item) throws ConnectorException, InterruptedException {
        var path = folder.path() + "/" + item.filename();
        visitor.item(item, folder, path);
        if (item.isFolder()) {
            waiting.add(Folder.of(item, path));
        }
    }

    private void libraries() throws ConnectorException, InterruptedException {
        try {
            var answer = service.libraries();
            var libraries = answer.path("items");
            librariesKnown =
                    libraries.isArray() && libraries.size() >= counted(answer).orElse(0);
            for (var json : libraries) {
                var item = Item.of(json, Optional.empty());
                if (item.isEmpty()) {
                    visitor.unreadable(Folder.ROOT);
                } else if (item.get().isFolder() && seen.add(item.get().key())) {
                    give(Folder.ROOT, item.get());
                }
            }
        } catch (Refused e) {
            if (DriveService.concernsAll(e)) {
                throw e;
            }
            librariesKnown = false;
        }
    }

    private static boolean isGone(JsonNode answer) {
        return "ID_INVALID".equals(Json.text(answer, "status"));
    }

    /// Everything is there that it says there is.
    private static boolean isWhole(JsonNode answer) {
        var items = answer.path("items");
        if (items.isArray()) {
            return items.size() >= counted(answer).orElse(0);
        }
        // An empty folder may come without a list.
        var counted = counted(answer).isPresent() ? counted(answer) : Json.number(answer, "directChildrenCount");
        return counted.isPresent() && counted.getAsLong() == 0;
    }

    private static OptionalLong counted(JsonNode answer) {
        return Json.number(answer, "numberOfItems");
    }
}
