package ferry.storage;

/// What was taken from the source, before any cipher.
///
/// @param length bytes
/// @param md5Hex lower case
/// @param sha256Hex lower case
public record Content(long length, String md5Hex, String sha256Hex) {}
