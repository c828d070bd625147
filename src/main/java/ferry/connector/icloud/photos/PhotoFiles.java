package ferry.connector.icloud.photos;

import ferry.connector.ConnectorException;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Limits;
import ferry.connector.Pulls;
import ferry.connector.icloud.web.Addresses;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Download;
import ferry.connector.icloud.web.Downloads;
import ferry.connector.icloud.web.Signature;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Fetches the files of one library's photos ([Downloads]) from the addresses in their records.
final class PhotoFiles implements AutoCloseable {
    private final Calls calls;
    private final PhotosDatabase database;
    private final InstantSource clock;
    private final Downloads downloads;
    private final Set<String> refused = ConcurrentHashMap.newKeySet();

    PhotoFiles(Calls calls, PhotosDatabase database, Files files, InstantSource clock, Limits limits) {
        this.calls = calls;
        this.database = database;
        this.clock = clock;
        this.downloads = new Downloads(files, limits);
    }

    /// A file that is asked for.
    ///
    /// @param received when its record came, from which its URL ages
    record Wanted(Photo photo, Variant variant, Instant received) {
        FileRef ref() {
            return variant.ref(photo);
        }

        Optional<Resource> resource() {
            return variant.of(photo);
        }
    }

    /// Starts a file, or waits until one of those under way has been pulled.
    void fetch(Wanted wanted) throws ConnectorException, InterruptedException {
        downloads.fetch(new Fetched(wanted));
    }

    /// Waits for all files.
    void finish() throws ConnectorException, InterruptedException {
        downloads.finish();
    }

    /// Stops what is still under way, and waits for it.
    @Override
    public void close() {
        downloads.close();
    }

    /// The names of the assets whose files were refused though the source gave an address for them.
    Set<String> refused() {
        return Set.copyOf(refused);
    }

    private boolean isUsable(Wanted wanted) {
        return Addresses.areFresh(wanted.received(), clock)
                && wanted.resource().flatMap(Resource::url).isPresent();
    }

    /// The same file with a fresh URL; where the source no longer has the record, as it was without one.
    private Wanted lookedUp(Wanted wanted) throws ConnectorException, InterruptedException {
        var photo = wanted.photo();
        boolean onMaster = wanted.variant().holder() == Variant.Holder.MASTER;
        var stale = onMaster ? photo.master() : photo.asset();
        var page = database.lookup(photo.library(), List.of(stale.name()));
        var fresh = page.records().stream()
                .filter(r -> r.name().equals(stale.name()) && r.error().isEmpty() && !r.isTombstone())
                .findFirst()
                .orElse(CloudRecord.NONE);
        var renewed = onMaster
                ? new Photo(photo.library(), photo.asset(), fresh)
                : new Photo(photo.library(), fresh, photo.master());
        return new Wanted(renewed, wanted.variant(), page.received());
    }

    /// One file, from the address that its record holds now.
    private final class Fetched implements Downloads.Wanted {
        private final FileRef ref;
        private final String asset;
        private Wanted current;

        Fetched(Wanted wanted) {
            this.ref = wanted.ref();
            this.asset = wanted.photo().asset().name();
            this.current = wanted;
        }

        @Override
        public FileRef ref() {
            return ref;
        }

        @Override
        public void refused() {
            if (current.resource().flatMap(Resource::url).isPresent()) {
                refused.add(asset);
            }
        }

        @Override
        public Download.Outcome receive(Files files, Pulls.Turn turn, boolean afresh)
                throws ConnectorException, InterruptedException {
            if (afresh || !isUsable(current)) {
                current = lookedUp(current);
            }
            var resource = current.resource();
            if (resource.isEmpty() || resource.get().url().isEmpty()) {
                return Download.Outcome.GONE;
            }
            var meta = PhotoEntry.meta(current.photo(), current.variant(), resource.get());
            var signature = resource.get().checksum().flatMap(Signature::of);
            try (var target = files.open(ref, meta)) {
                return new Download(calls, target, turn, resource.get().size(), signature)
                        .receive(resource.get().url().get());
            }
        }
    }
}
