/// A simulated S3: buckets on this machine for who tries things out, or tests an integration, without an account
/// at Amazon. It checks signatures (version 4, in headers and in addresses), digests and the rules of uploads in
/// parts from the store's side, written from its documentation and not from the client's code; a few named buckets
/// refuse as badly set up ones do.
@NullMarked
package ferry.sandbox.s3;

import org.jspecify.annotations.NullMarked;
