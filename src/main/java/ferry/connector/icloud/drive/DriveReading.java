package ferry.connector.icloud.drive;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.Downloads;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.Raw;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// Reads the whole drive into a feed, once. One thread.
final class DriveReading implements Walk.Visitor {
    private final Calls calls;
    private final DriveService service;
    private final Window window;
    private final Feed feed;
    private final Downloads downloads;
    private final boolean fetching;
    /// Of the folder that is being told.
    private final List<Item> files = new ArrayList<>();

    private long absurdDates;

    DriveReading(Calls calls, DriveService service, Window window, Feed feed, Downloads downloads) {
        this.calls = calls;
        this.service = service;
        this.window = window;
        this.feed = feed;
        this.downloads = downloads;
        this.fetching = feed.wants(Drive.FILE);
    }

    void read() throws ConnectorException, InterruptedException {
        var walk = new Walk(service, this);
        walk.run();
        downloads.finish();
        warn(walk);
    }

    @Override
    public void root(JsonNode root) {
        Json.number(root, "fileCount").ifPresent(feed::expect);
    }

    @Override
    public void item(Item item, Folder folder, String path) throws InterruptedException {
        if (!isAskedFor(item)) {
            return;
        }
        absurdDates += DriveEntry.hasAbsurdDate(item) ? 1 : 0;
        feed.item(DriveEntry.of(item, folder, path, feed::fileId), () -> Raw.of(item.json()));
        if (fetching && item.kind() == Item.Kind.FILE) {
            files.add(item);
        }
    }

    @Override
    public void listed() throws ConnectorException, InterruptedException {
        for (var file : files) {
            downloads.fetch(new DriveFile(calls, service, file));
        }
        files.clear();
    }

    @Override
    public void refused(Folder folder) {
        feed.refused(name(folder), ErrorCode.NOT_RETRIEVABLE, "The source does not list this folder.");
    }

    @Override
    public void unreadable(Folder folder, Optional<Item> item) {
        if (item.isPresent()) {
            feed.refused(item.get().id(), ErrorCode.NOT_RETRIEVABLE, "The source could not read this.");
        } else {
            feed.refused(name(folder), ErrorCode.NOT_RETRIEVABLE, "The source lists something here that has no id.");
        }
    }

    @Override
    public boolean goesOn() {
        return true;
    }

    private static String name(Folder folder) {
        return folder.id() == null ? "folder:root" : folder.id();
    }

    /// By when the source got or changed it; what does not say is never left out, as most folders don't.
    private boolean isAskedFor(Item item) {
        var moments = Stream.of("dateModified", "dateChanged", "dateCreated")
                .map(field -> DriveEntry.moment(item, field))
                .flatMap(Optional<Instant>::stream)
                .toList();
        return moments.isEmpty() || moments.stream().anyMatch(window::holds);
    }

    private void warn(Walk walk) {
        if (walk.shortened() > 0) {
            feed.incomplete();
            feed.warn("listing_short", walk.shortened() + " folders hold more than the source listed.");
        }
        if (!walk.librariesKnown()) {
            feed.incomplete();
            feed.warn("app_libraries_unavailable", "The source did not list the libraries of apps.");
        }
        if (walk.gone() > 0) {
            feed.warn("removed_meanwhile", walk.gone() + " folders were removed at the source before they were read.");
        }
        if (absurdDates > 0) {
            feed.warn("date_out_of_range", absurdDates + " items have a date that is none.");
        }
    }
}
