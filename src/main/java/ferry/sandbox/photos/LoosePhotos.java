package ferry.sandbox.photos;

import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.HashSet;
import tools.jackson.databind.json.JsonMapper;

/// Photos outside any zone, of which nobody asks but by their place: what is visible of a library, newest
/// first.
public final class LoosePhotos {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Zone zone;

    LoosePhotos(Zone zone) {
        this.zone = zone;
    }

    /// The photos themselves, for a test to change.
    public PhotoLibrary library() {
        return zone.library();
    }

    /// How many there are now.
    public int size() {
        return ranks().length;
    }

    /// An answer with the records of some, each master once.
    ///
    /// @param from the first place, from 0
    /// @param to the place after the last; beyond the end there is nothing
    /// @param origin where the sandbox answers
    /// @param sizes whether records tell the sizes of files
    public byte[] records(int from, int to, Instant now, String origin, boolean sizes) {
        var bytes = new ByteArrayOutputStream();
        try (var json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeArrayPropertyStart("records");
            var sized = new Records(json, zone, null, now, origin, false);
            var records = sizes ? sized : sized.withoutSizes();
            var ranks = ranks();
            var masters = new HashSet<Integer>();
            for (int rank = from; rank < Math.min(to, ranks.length); rank++) {
                var photo = library().photo(ranks[rank]);
                if (masters.add(photo.master())) {
                    records.master(library().photo(photo.master()));
                }
                records.asset(photo);
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        return bytes.toByteArray();
    }

    private int[] ranks() {
        return library().ranks(new View.Library(true));
    }
}
