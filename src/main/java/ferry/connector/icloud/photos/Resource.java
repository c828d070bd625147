package ferry.connector.icloud.photos;

import ferry.connector.icloud.web.CloudRecord;
import java.util.Optional;
import java.util.OptionalLong;

/// One file as a record describes it.
///
/// @param url where its bytes are, for an hour; empty where the source does not hand it out
/// @param size bytes; what is said to have none is of unknown size, as in shared albums
/// @param checksum the source's signature, see [Signature]
/// @param uti its type, where the record names one
record Resource(Optional<String> url, OptionalLong size, Optional<String> checksum, Optional<String> uti) {
    /// @param resource such as `resOriginal`
    static Optional<Resource> of(CloudRecord record, String resource) {
        if (!Photo.has(record, resource)) {
            return Optional.empty();
        }
        var value = record.value(resource + "Res");
        var url = value.path("downloadURL").asString("");
        var size = value.path("size");
        var checksum = value.path("fileChecksum").asString("");
        return Optional.of(new Resource(
                url.isBlank() ? Optional.empty() : Optional.of(url),
                size.isNumber() && size.canConvertToLong() && size.longValue() > 0
                        ? OptionalLong.of(size.longValue())
                        : OptionalLong.empty(),
                checksum.isEmpty() ? Optional.empty() : Optional.of(checksum),
                record.string(resource + "FileType")));
    }
}
