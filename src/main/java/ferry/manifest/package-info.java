/// Manifests: a signed list of what a poll has published, by which anybody can check a bucket without the service.
///
/// Start at [Verification] for what one says, at [ManifestKeys] for who signs, at [Manifests] for which are to be
/// written. What stands in one is put together by `poll`.
@NullMarked
package ferry.manifest;

import org.jspecify.annotations.NullMarked;
