/// What `bench/publish` is made of. Four processes take part beside the bench itself, so that each may have its own
/// memory and be told apart in what it costs: an HTTP server that files come from ([Shelf]), an S3 server that they go
/// to ([Bucket]), Ferry with `-Xmx256m` ([Publishing]), and a loop of puts with the same SDK ([PutLoop]).
@NullMarked
package ferry.bench.publish;

import org.jspecify.annotations.NullMarked;
