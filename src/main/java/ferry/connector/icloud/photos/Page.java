package ferry.connector.icloud.photos;

import ferry.connector.icloud.web.CloudRecord;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/// Some records as they came in one answer.
///
/// @param received when; the URLs inside age from then on
/// @param syncToken where the zone stood, for `changes/zone`
record Page(List<CloudRecord> records, Instant received, Optional<String> syncToken, Optional<String> continuation) {
    Page {
        records = List.copyOf(records);
    }

    boolean isEmpty() {
        return records.isEmpty();
    }

    /// How many ranks the page took: one for each master, whatever else is in it, and however often it is.
    long ranks() {
        long masters = records.stream()
                .filter(r -> r.type().equals("CPLMaster"))
                .map(CloudRecord::name)
                .distinct()
                .count();
        // A page without any master still has to lead on.
        return masters > 0 ? masters : Math.max(1, records.size() / 2);
    }
}
