package ferry.storage;

import ferry.egress.Outbound;
import java.time.InstantSource;

/// What publishers of buckets in a cloud share.
///
/// @param outbound the one way out
/// @param clock what is signed by: that of the world, where the service's is moved
/// @param buffers the memory for parts of large objects
/// @param lanes how many requests may be under way to which bucket
public record Reach(
        Outbound outbound, InstantSource clock, Retries retries, PartBuffers buffers, Lanes.ToBuckets lanes) {}
