package ferry.connector.icloud.notes;

import ferry.connector.ConnectorException;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Pulls;
import ferry.connector.icloud.web.Addresses;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Download;
import ferry.connector.icloud.web.Downloads;
import ferry.connector.icloud.web.Signature;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// One attachment on its way, from the address in its record; a second attempt looks the record up again.
final class AttachmentFile implements Downloads.Wanted {
    private final Calls calls;
    private final InstantSource clock;
    private final FileRef ref;
    private final LookUp lookUp;
    private CloudRecord record;
    private Instant received;

    /// Records by name; those that cannot be had are absent.
    @FunctionalInterface
    interface LookUp {
        Map<String, CloudRecord> find(Collection<String> names) throws ConnectorException, InterruptedException;
    }

    /// @param received when the record came, from which its address ages
    AttachmentFile(Calls calls, InstantSource clock, FileRef ref, CloudRecord record, Instant received, LookUp lookUp) {
        this.calls = calls;
        this.clock = clock;
        this.received = received;
        this.ref = ref;
        this.record = record;
        this.lookUp = lookUp;
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
            record = lookUp.find(List.of(record.name())).getOrDefault(record.name(), record);
        }
        var attachment = Attachment.of(record);
        var url = attachment.map(Attachment::url);
        if (attachment.isEmpty() || url.isEmpty()) {
            return Download.Outcome.GONE;
        }
        var signature = Optional.ofNullable(attachment.get().checksum()).flatMap(Signature::of);
        var meta = attachment.get().meta();
        try (var target = files.open(ref, meta)) {
            return new Download(calls, target, turn, meta.size(), signature).receive(url.get());
        }
    }
}
