package ferry.sandbox.s3;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;

/// One page of a bucket's keys.
///
/// @param folders the prefixes up to a delimiter that stand for all keys below them
/// @param next what to continue after, where there is more
record Listing(Map<String, StoredObject> objects, SequencedSet<String> folders, Optional<String> next) {
    /// @param delimiter empty for none
    /// @param after the last key or folder of the page before; empty for none
    static Listing of(Bucket bucket, String prefix, String delimiter, String after, int most) {
        var page = new Listing(new LinkedHashMap<>(), new LinkedHashSet<>(), Optional.empty());
        var last = after;
        for (var entry : bucket.list(prefix, after)) {
            var key = entry.getKey();
            int end = delimiter.isEmpty() ? -1 : key.indexOf(delimiter, prefix.length());
            var folder = end < 0 ? "" : key.substring(0, end + delimiter.length());
            if (!folder.isEmpty() && (folder.equals(after) || page.folders.contains(folder))) {
                continue;
            }
            if (page.objects.size() + page.folders.size() == most) {
                return new Listing(page.objects, page.folders, Optional.of(last));
            }
            if (folder.isEmpty()) {
                page.objects.put(key, entry.getValue());
                last = key;
            } else {
                page.folders.add(folder);
                last = folder;
            }
        }
        return page;
    }
}
