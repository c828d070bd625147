package ferry.connector.icloud.drive;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.Feed;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Limits;
import ferry.connector.Limits.HostClass;
import ferry.connector.Window;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.Downloads;
import ferry.error.ErrorCode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/// Reads the folders and files of one account's drive during one task; what lies in the trash is left there.
///
/// Blocks, on the caller's thread, which alone writes records; files come over threads of its own, which have
/// ended when a call returns or throws. An interrupt stops all of it.
public final class Drive {
    /// Every folder, file and library of an app.
    public static final String FILES = "icloud_drive.files";
    /// A file's bytes; a package comes as a zip.
    public static final String FILE = "icloud_drive.file";

    private static final int DETAILS_AT_ONCE = 50;

    private final Calls calls;
    private final DriveService service;
    private final Limits limits;

    /// @param limits says only how much may be in flight at once; `calls` takes the turns
    public Drive(Calls calls, Limits limits) {
        this.calls = calls;
        this.limits = limits;
        this.service = new DriveService(calls);
    }

    /// Reads [#FILES].
    public void read(Window window, Feed feed) throws ConnectorException, InterruptedException {
        try (var downloads = downloads(feed.files())) {
            new DriveReading(calls, service, window, feed, downloads).read();
        }
    }

    /// A record without what is no change of it: that a file was looked at, and of a folder the sums over what
    /// lies in it. The given one is changed.
    public static ObjectNode essence(ObjectNode entry) {
        entry.remove("date_last_opened");
        return entry.path("data_type").asString("").equals(Item.Kind.FILE.slug())
                ? entry
                : entry.without(List.of("size", "file_count", "item_count", "etag"));
    }

    /// Fetches files by references that [#read] gave out, perhaps long ago. Each ends committed or refused.
    public void files(List<FileRef> refs, Files files) throws ConnectorException, InterruptedException {
        try (var downloads = downloads(files)) {
            var missing = refs.stream().filter(ref -> !files.isPublished(ref)).toList();
            var sought = new LinkedHashSet<FileRef>();
            for (var ref : missing) {
                if (Locators.isOurs(ref)) {
                    sought.add(ref);
                } else {
                    files.refused(ref, ErrorCode.NOT_RETRIEVABLE, "The source has no such file.");
                }
            }
            direct(new ArrayList<>(sought), sought, downloads);
            if (!sought.isEmpty()) {
                new Walk(service, new Search(sought, downloads)).run();
            }
            for (var ref : sought) {
                files.refused(ref, ErrorCode.NOT_RETRIEVABLE, "The source no longer has the file.");
            }
            downloads.finish();
        }
    }

    /// Asks for items by id. Those of somebody else's share may be refused so, and are looked for in the tree.
    ///
    /// @param sought what is found is taken out
    private void direct(List<FileRef> refs, Set<FileRef> sought, Downloads downloads)
            throws ConnectorException, InterruptedException {
        var named =
                refs.stream().filter(ref -> Locators.drivewsid(ref).isPresent()).toList();
        for (int from = 0; from < named.size(); from += DETAILS_AT_ONCE) {
            var some = named.subList(from, Math.min(named.size(), from + DETAILS_AT_ONCE));
            var details = details(some);
            for (int i = 0; i < some.size(); i++) {
                var item = Item.of(details.get(i), Optional.empty());
                if (item.isPresent() && isWanted(item.get(), some.get(i)) && sought.remove(some.get(i))) {
                    downloads.fetch(new DriveFile(calls, service, item.get()));
                }
            }
        }
    }

    private static boolean isWanted(Item item, FileRef ref) {
        return item.kind() == Item.Kind.FILE && Locators.of(item).equals(ref);
    }

    /// One answer for each; where the source refuses them together, each is asked for alone.
    private List<JsonNode> details(List<FileRef> refs) throws ConnectorException, InterruptedException {
        var ids = refs.stream().flatMap(ref -> Locators.drivewsid(ref).stream()).toList();
        try {
            return service.details(ids, Optional.empty());
        } catch (Refused e) {
            if (DriveService.concernsAll(e)) {
                throw e;
            }
            if (refs.size() == 1) {
                return List.of(MissingNode.getInstance());
            }
        }
        var each = new ArrayList<JsonNode>();
        for (var ref : refs) {
            each.addAll(details(List.of(ref)));
        }
        return each;
    }

    private Downloads downloads(Files files) {
        return new Downloads(files, Math.max(1, limits.parallel(HostClass.CONTENT)));
    }

    /// Looks through the tree for files, and fetches those that it finds.
    private final class Search implements Walk.Visitor {
        private final Set<FileRef> sought;
        private final Downloads downloads;

        Search(Set<FileRef> sought, Downloads downloads) {
            this.sought = sought;
            this.downloads = downloads;
        }

        @Override
        public void item(Item item, Folder folder, String path) throws ConnectorException, InterruptedException {
            if (item.kind() == Item.Kind.FILE && sought.remove(Locators.of(item))) {
                downloads.fetch(new DriveFile(calls, service, item));
            }
        }

        @Override
        public void listed() {}

        @Override
        public void refused(Folder folder) {}

        @Override
        public void unreadable(Folder folder, Optional<Item> item) {}

        @Override
        public void root(JsonNode root) {}

        @Override
        public boolean goesOn() {
            return !sought.isEmpty();
        }
    }
}
