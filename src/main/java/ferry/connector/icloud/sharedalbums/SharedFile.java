package ferry.connector.icloud.sharedalbums;

import ferry.connector.ConnectorException;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Pulls;
import ferry.connector.icloud.photos.LoosePhoto;
import ferry.connector.icloud.web.Addresses;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.Download;
import ferry.connector.icloud.web.Downloads;
import java.time.InstantSource;
import java.util.Optional;

/// One file of a shared album that is asked for. Its address stands in the album's listing, which is read
/// anew where it is too old: the source cannot be asked for one photo.
final class SharedFile implements Downloads.Wanted {
    private final Calls calls;
    private final AlbumService service;
    private final InstantSource clock;
    private final FileRef ref;
    private final FileRef ofLibrary;
    private AlbumWalk.Found found;

    /// @param ofLibrary the file as a library calls it
    SharedFile(Calls calls, AlbumService service, InstantSource clock, AlbumWalk.Found found, FileRef ofLibrary) {
        this.calls = calls;
        this.service = service;
        this.clock = clock;
        this.found = found;
        this.ofLibrary = ofLibrary;
        this.ref = Locators.of(found.album(), ofLibrary);
    }

    @Override
    public FileRef ref() {
        return ref;
    }

    @Override
    public Download.Outcome receive(Files files, Pulls.Turn turn, boolean afresh)
            throws ConnectorException, InterruptedException {
        if (afresh || !Addresses.areFresh(found.received(), clock)) {
            var again = new Search().found();
            if (again.isEmpty()) {
                return Download.Outcome.GONE;
            }
            found = again.get();
        }
        var bytes = found.photo().bytes(ofLibrary);
        if (bytes.isEmpty() || bytes.get().url().isEmpty()) {
            return Download.Outcome.GONE;
        }
        try (var target = files.open(ref, bytes.get().meta())) {
            return new Download(
                            calls, target, turn, bytes.get().size(), bytes.get().signature())
                    .receive(bytes.get().url().get());
        }
    }

    /// Looks for the photo where it was, then in the whole album.
    private final class Search implements AlbumWalk.Visitor {
        private Optional<AlbumWalk.Found> result = Optional.empty();

        Optional<AlbumWalk.Found> found() throws ConnectorException, InterruptedException {
            new AlbumWalk(service, found.album(), this).at(found.offset());
            if (result.isEmpty()) {
                new AlbumWalk(service, found.album(), this).run();
            }
            return result;
        }

        @Override
        public void photo(AlbumWalk.Found candidate) {
            if (isSame(candidate.photo())) {
                result = Optional.of(candidate);
            }
        }

        private boolean isSame(LoosePhoto photo) {
            return photo.asset().name().equals(found.photo().asset().name());
        }

        @Override
        public void refused(String item, String detail) {
            // Told when the album was listed.
        }

        @Override
        public boolean goesOn() {
            return result.isEmpty();
        }
    }
}
