/// Buckets of Amazon S3 and of stores that speak its protocol. Start at [S3Publisher].
@NullMarked
package ferry.storage.s3;

import org.jspecify.annotations.NullMarked;
