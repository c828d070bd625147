package ferry.connector;

/// What a connector needs to read one source during one task.
///
/// @param identifier the account
/// @param access the session's access, which may change under way
/// @param limits how fast the account may be read
public record Reading(String identifier, Access access, Limits limits) {}
