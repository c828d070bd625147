package ferry.connector.icloud.web;

import ferry.connector.ConnectorException;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Limits;
import ferry.connector.Pulls;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// Fetches what hangs on the records of a zone: from the address in the record, and once more from the record as it is
/// then, since addresses live for an hour. Thread-safe.
public final class AssetFiles {
    /// So few that no address is old before its file is fetched.
    private static final int FILES_AT_ONCE = 100;

    private final Calls calls;
    private final Zones zone;
    private final List<String> keys;
    private final Function<CloudRecord, Optional<AssetFile>> held;
    private final Limits limits;
    private final InstantSource clock;

    /// @param keys the fields that describe a file
    /// @param held the file that a record holds
    /// @param limits of the account
    public AssetFiles(
            Calls calls,
            Zones zone,
            List<String> keys,
            Function<CloudRecord, Optional<AssetFile>> held,
            Limits limits,
            InstantSource clock) {
        this.calls = calls;
        this.zone = zone;
        this.keys = keys;
        this.held = held;
        this.limits = limits;
        this.clock = clock;
    }

    /// What fetches them, as many at once as there may be. The caller closes it.
    public Downloads downloads(Files files) {
        return new Downloads(files, limits);
    }

    /// Starts the file that a record holds, where it holds one.
    ///
    /// @param received when the record came, from which its address ages
    public void fetch(CloudRecord record, Instant received, Downloads downloads)
            throws ConnectorException, InterruptedException {
        var file = held.apply(record);
        if (file.isPresent()) {
            downloads.fetch(new OnItsWay(file.get().ref(), record, received));
        }
    }

    /// Fetches files by references that a listing gave out, perhaps long ago. Each ends committed or refused.
    public void files(List<FileRef> refs, Files files) throws ConnectorException, InterruptedException {
        var missing = refs.stream().filter(ref -> !files.isPublished(ref)).toList();
        try (var downloads = downloads(files)) {
            for (int from = 0; from < missing.size(); from += FILES_AT_ONCE) {
                var some = missing.subList(from, Math.min(missing.size(), from + FILES_AT_ONCE));
                var received = clock.instant();
                var found = find(some.stream().map(FileRef::locator).toList());
                for (var ref : some) {
                    var record = Optional.ofNullable(found.get(ref.locator()));
                    if (record.flatMap(held).isPresent()) {
                        fetch(record.get(), received, downloads);
                    } else {
                        files.refused(ref, ErrorCode.NOT_RETRIEVABLE, "The source no longer has the file.");
                    }
                }
            }
            downloads.finish();
        }
    }

    private Map<String, CloudRecord> find(List<String> names) throws ConnectorException, InterruptedException {
        return zone.find(names, keys, _ -> {});
    }

    /// One file; a second attempt looks its record up again.
    private final class OnItsWay implements Downloads.Wanted {
        private final FileRef ref;
        private CloudRecord record;
        private Instant received;

        OnItsWay(FileRef ref, CloudRecord record, Instant received) {
            this.received = received;
            this.ref = ref;
            this.record = record;
        }

        @Override
        public FileRef ref() {
            return ref;
        }

        @Override
        public Download.Outcome receive(Files files, Pulls.Turn turn, boolean afresh)
                throws ConnectorException, InterruptedException {
            if (afresh || !Addresses.areFresh(received, clock)) {
                received = clock.instant();
                record = find(List.of(record.name())).getOrDefault(record.name(), record);
            }
            var file = held.apply(record);
            var url = file.map(AssetFile::url);
            if (file.isEmpty() || url.isEmpty()) {
                return Download.Outcome.GONE;
            }
            var meta = file.get().meta();
            try (var target = files.open(ref, meta)) {
                return new Download(calls, target, turn, meta.size(), file.get().signature()).receive(url.get());
            }
        }
    }
}
