package ferry.connector.icloud.drive;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Pulls;
import ferry.connector.Target;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.Download;
import ferry.connector.icloud.web.Downloads;
import ferry.connector.icloud.web.Signature;
import ferry.connector.icloud.web.WholeZip;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/// One file of the drive that is asked for. Each attempt asks for a token of its own, whose address leads to the bytes.
final class DriveFile implements Downloads.Wanted {
    private final Calls calls;
    private final DriveService service;
    private final FileRef ref;
    private Item item;

    DriveFile(Calls calls, DriveService service, Item item) {
        this.calls = calls;
        this.service = service;
        this.ref = Locators.of(item);
        this.item = item;
    }

    @Override
    public FileRef ref() {
        return ref;
    }

    @Override
    public boolean hasBytes() {
        return item.size().orElse(-1) != 0;
    }

    @Override
    public Download.Outcome receive(Files files, Pulls.Turn turn, boolean afresh)
            throws ConnectorException, InterruptedException {
        if (afresh) {
            item = asItIsNow();
        }
        if (!hasBytes()) {
            return empty(files, turn);
        }
        var token = service.token(item);
        if (token.isEmpty()) {
            return Download.Outcome.GONE;
        }
        return token.get().isPackage() ? zip(files, turn, token.get()) : plain(files, turn, token.get());
    }

    /// The file may have been changed since it was listed, and its size with it.
    private Item asItIsNow() throws ConnectorException, InterruptedException {
        try {
            var now = service.details(List.of(item.drivewsid()), item.share()).getFirst();
            return Item.of(now, item.share())
                    .filter(i -> i.kind() == Item.Kind.FILE)
                    .orElse(item);
        } catch (Refused e) {
            if (DriveService.concernsAll(e)) {
                throw e;
            }
            return item;
        }
    }

    /// The source refuses to hand out a file of no bytes; there is nothing to hand out.
    private Download.Outcome empty(Files files, Pulls.Turn turn) throws InterruptedException {
        try (var target = files.open(ref, DriveEntry.meta(item))) {
            turn.over();
            target.commit(Target.Integrity.SIZE_ONLY);
            return Download.Outcome.DONE;
        }
    }

    private Download.Outcome plain(Files files, Pulls.Turn turn, DriveService.Token token)
            throws ConnectorException, InterruptedException {
        var signature = token.signature().flatMap(Signature::of);
        try (var target = files.open(ref, DriveEntry.meta(item))) {
            return new Download(calls, target, turn, item.size(), signature).receive(token.url());
        }
    }

    private Download.Outcome zip(Files files, Pulls.Turn turn, DriveService.Token token)
            throws ConnectorException, InterruptedException {
        try (var target = files.open(ref, DriveEntry.zipped(item))) {
            return new Download(calls, target, turn, OptionalLong.empty(), Optional.of(new WholeZip()))
                    .receive(token.url());
        }
    }
}
