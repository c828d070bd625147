package ferry.sandbox.s3;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;

/// An object, or a part of one.
///
/// @param content the file with its bytes, which the bucket owns
/// @param eTag without its quotes
/// @param labels what `x-amz-meta-…` said, without the prefix
record StoredObject(
        Path content, long length, String eTag, String mediaType, Map<String, String> labels, Instant modified) {}
