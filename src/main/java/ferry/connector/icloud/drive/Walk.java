package ferry.connector.icloud.drive;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.SeenIds;
import ferry.error.ErrorCode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
    /// What could not be read, by its key; what has no id, by the id of its folder.
    private final Map<String, Unread> unread = new LinkedHashMap<>();

    private long gone;
    private long shortened;
    private boolean librariesKnown = true;

    private record Unread(Folder folder, Optional<Item> item) {}

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

        /// An entry of a folder that the source could not read, or that is no item.
        ///
        /// @param item empty where the entry has no id
        void unreadable(Folder folder, Optional<Item> item);

        /// The root, before anything else.
        void root(JsonNode root);

        /// Whether there is a reason to go on.
        boolean goesOn();
    }

    Walk(DriveService service, Visitor visitor) {
        this.service = service;
        this.visitor = visitor;
    }

    /// A root that the source leaves out is a folder that could not be read; the libraries are read all the
    /// same.
    ///
    /// @throws Refused `not-activated` where there is no drive
    void run() throws ConnectorException, InterruptedException {
        var root = service.listing(List.of(Folder.ROOT)).getFirst();
        if (isGone(root)) {
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
        tellUnread();
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
        var told = new Told();
        give(folder, answer, told);
        if (!told.isAll(answer)) {
            // Once more, alone: it may have been listed while something moved, or too much may have been asked for.
            again(folder, answer, told);
        }
        visitor.listed();
    }

    private void again(Folder folder, JsonNode first, Told told) throws ConnectorException, InterruptedException {
        var answer = listed(List.of(folder)).getFirst();
        if (isGone(answer)) {
            gone++;
            return;
        }
        give(folder, answer, told);
        if (!answer.path("items").isArray() && !told.isAll(answer)) {
            refuse(folder, first);
        } else {
            shortened += told.isShort(answer) ? 1 : 0;
        }
        for (var item : told.unread.values()) {
            unread.putIfAbsent(item.map(Item::key).orElse(folder.drivewsid()), new Unread(folder, item));
        }
    }

    /// What came at first counts as short, not as nothing.
    private void refuse(Folder folder, JsonNode first) {
        if (first.path("items").isArray()) {
            shortened++;
        } else {
            visitor.refused(folder);
        }
    }

    private void give(Folder folder, JsonNode answer, Told told) throws ConnectorException, InterruptedException {
        if (answer.path("items").isArray()) {
            told.unread.clear();
        }
        for (var json : answer.path("items")) {
            var item = Item.of(json, folder.share());
            if (Item.isTrash(json)) {
                told.items.add("trash");
            } else if (item.isEmpty() || Item.isError(json)) {
                told.unread(item);
            } else if (told.read(item.get()) && seen.add(item.get().key())) {
                give(folder, item.get());
            }
        }
    }

    /// What a folder has told, in one look or two.
    private static final class Told {
        /// The keys of items that could be read.
        private final Set<String> items = new HashSet<>();
        /// What could not be read when it was last looked at; empty where it has no id.
        private final Map<String, Optional<Item>> unread = new HashMap<>();

        /// @return whether it is new
        boolean read(Item item) {
            unread.remove(item.key());
            return items.add(item.key());
        }

        void unread(Optional<Item> item) {
            var key = item.map(Item::key).orElseGet(() -> "entry " + unread.size());
            if (!items.contains(key)) {
                unread.put(key, item);
            }
        }

        /// Whether everything is there that the answer says there is.
        boolean isAll(JsonNode answer) {
            if (answer.path("items").isArray()) {
                return unread.isEmpty() && !isShort(answer);
            }
            // An empty folder may come without a list.
            var counted = counted(answer).isPresent() ? counted(answer) : children(answer);
            return counted.isPresent() && counted.getAsLong() == 0;
        }

        /// Items that come twice count once. A list of nothing may say so of itself, and of the folder that it isn't.
        boolean isShort(JsonNode answer) {
            int all = items.size() + unread.size();
            return all < counted(answer).orElse(0)
                    || (all == 0 && children(answer).orElse(0) > 0);
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
            var told = new HashSet<String>();
            var answer = service.libraries();
            if (!giveLibraries(answer, told) || told.size() < counted(answer).orElse(0)) {
                answer = service.libraries();
                giveLibraries(answer, told);
                for (var json : answer.path("items")) {
                    if (Item.of(json, Optional.empty()).isEmpty()) {
                        visitor.unreadable(Folder.ROOT, Optional.empty());
                    }
                }
            }
            librariesKnown = answer.path("items").isArray()
                    && told.size() >= counted(answer).orElse(0);
        } catch (Refused e) {
            if (DriveService.concernsAll(e)) {
                throw e;
            }
            librariesKnown = false;
        }
    }

    /// @param told the keys of those that came
    /// @return whether all that came could be read
    private boolean giveLibraries(JsonNode answer, Set<String> told) throws ConnectorException, InterruptedException {
        boolean readable = true;
        for (var json : answer.path("items")) {
            var item = Item.of(json, Optional.empty());
            item.map(Item::key).ifPresent(told::add);
            if (item.isEmpty() || Item.isError(json)) {
                readable = false;
                item.ifPresent(it -> unread.putIfAbsent(it.key(), new Unread(Folder.ROOT, item)));
            } else if (item.get().isFolder() && seen.add(item.get().key())) {
                give(Folder.ROOT, item.get());
            }
        }
        return readable;
    }

    /// Told at the end, since what could not be read in one place may have been read in another.
    private void tellUnread() {
        for (var entry : unread.values()) {
            if (entry.item().filter(item -> seen.contains(item.key())).isEmpty()) {
                visitor.unreadable(entry.folder(), entry.item());
            }
        }
    }

    private static boolean isGone(JsonNode answer) {
        return "ID_INVALID".equals(Json.text(answer, "status"));
    }

    private static OptionalLong counted(JsonNode answer) {
        return Json.number(answer, "numberOfItems");
    }

    private static OptionalLong children(JsonNode answer) {
        return Json.number(answer, "directChildrenCount");
    }
}
