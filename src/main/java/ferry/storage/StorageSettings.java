package ferry.storage;

import ferry.egress.EgressPolicy;

/// How buckets in a cloud are reached.
///
/// @param egress where their endpoints may be although the address is private
/// @param retries how often a call is tried before its task waits
public record StorageSettings(EgressPolicy egress, Retries retries) {}
