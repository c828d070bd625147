/// Buckets of Google Cloud Storage, through its JSON API. Start at [GcsPublisher].
@NullMarked
package ferry.storage.gcs;

import org.jspecify.annotations.NullMarked;
