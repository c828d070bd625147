package ferry.storage;

/// What was measured of an object on its way.
///
/// @param length bytes
/// @param md5Hex lower case
public record Stored(long length, String md5Hex) {}
