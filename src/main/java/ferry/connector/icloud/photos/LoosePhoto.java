package ferry.connector.icloud.photos;

import ferry.connector.FileMeta;
import ferry.connector.FileRef;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Signature;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/// A photo that lies in no library, such as one of a shared album, whose records are read and whose files are
/// named as those of a library are.
///
/// @param asset what is said of it
/// @param master the files as they were shared
public record LoosePhoto(CloudRecord asset, CloudRecord master) {
    /// What only a library says.
    private static final List<String> OF_A_LIBRARY =
            List.of("favorite", "hidden", "deleted", "burst_id", "burst", "library", "library_id");

    /// Where its bytes are, and what they are known by.
    ///
    /// @param url for an hour or so; empty where the source hands none out
    public record Bytes(FileMeta meta, Optional<String> url, OptionalLong size, Optional<Signature> signature) {}

    /// The variants that a file may be, which its type ends with.
    public static Set<String> variants() {
        return Stream.of(Variant.values()).map(Variant::slug).collect(Collectors.toUnmodifiableSet());
    }

    /// The entry's fields but for those that only a library says. `id` and `data_type` are a library's, for
    /// the caller to replace.
    ///
    /// @param fileId gives out the ids of files, by references as a library has them
    public ObjectNode entry(Function<FileRef, String> fileId) {
        var node = PhotoEntry.of(photo(), View.CHANGED, fileId);
        node.remove(OF_A_LIBRARY);
        if (node.path("date_taken").isNull()) {
            node.put("date_taken", PhotoEntry.date(master.date("originalCreationDate")));
        }
        if (node.path("date_added").isNull()) {
            node.put("date_added", PhotoEntry.date(asset.stamp("created")));
        }
        return node;
    }

    /// The references of its files, as a library has them.
    public List<FileRef> refs() {
        return Stream.of(Variant.values())
                .filter(variant -> variant.of(photo()).isPresent())
                .map(variant -> variant.ref(photo()))
                .toList();
    }

    /// The file of that reference, where it still has it.
    public Optional<Bytes> bytes(FileRef ref) {
        return Variant.of(ref.fileType())
                .filter(variant -> variant.ref(photo()).equals(ref))
                .flatMap(variant -> variant.of(photo())
                        .map(file -> new Bytes(
                                PhotoEntry.meta(photo(), variant, file),
                                file.url(),
                                file.size(),
                                file.checksum().flatMap(Signature::of))));
    }

    /// What the source sent of it, without what opens anything.
    public ObjectNode raw() {
        return PhotoWriter.raw(photo());
    }

    private Photo photo() {
        return new Photo(Library.PERSONAL, asset, master);
    }
}
