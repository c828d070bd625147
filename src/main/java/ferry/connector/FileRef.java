package ferry.connector;

/// Names one file of a source for ever: the same file has the same reference in every poll.
///
/// @param fileType such as `icpl.photos.original`
/// @param locator where the connector finds it; at most 90 bytes of UTF-8, without personal data where it can be helped
public record FileRef(String fileType, String locator) {}
