package ferry.connector.icloud.photos;

import ferry.connector.FileRef;
import ferry.connector.icloud.web.CloudRecord;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The files a photo may have, best first. A variant is one file type; its reference is the record that holds
/// it.
enum Variant {
    /// As it was taken: the service's `resOriginal`.
    ORIGINAL("original", Holder.MASTER),
    /// The render of the owner's changes.
    EDITED("edited", Holder.ASSET),
    /// The other one of a pair taken together, such as RAW and JPEG: the service's `resOriginalAlt`.
    ALTERNATIVE("alternative", Holder.MASTER),
    /// The video of a live photo.
    LIVE_VIDEO("live_video", Holder.MASTER),
    /// The video of a live photo, with the owner's changes.
    EDITED_LIVE_VIDEO("edited_live_video", Holder.ASSET),
    /// What another program keeps beside the original.
    SIDECAR("sidecar", Holder.MASTER),
    /// A smaller version that the source made.
    MEDIUM("medium", Holder.MASTER),
    /// The smallest version that the source made.
    THUMBNAIL("thumbnail", Holder.MASTER);

    /// Which record holds a file.
    enum Holder {
        MASTER("o:"),
        ASSET("e:");

        private final String prefix;

        Holder(String prefix) {
            this.prefix = prefix;
        }

        /// What comes before the record's name in a locator.
        String prefix() {
            return prefix;
        }
    }

    private static final String TYPE = "icpl.photos.";

    private final String slug;
    private final Holder holder;

    Variant(String slug, Holder holder) {
        this.slug = slug;
        this.holder = holder;
    }

    String slug() {
        return slug;
    }

    Holder holder() {
        return holder;
    }

    String fileType() {
        return TYPE + slug;
    }

    /// Empty for a file type of another data type.
    static Optional<Variant> of(String fileType) {
        return Stream.of(values()).filter(v -> v.fileType().equals(fileType)).findFirst();
    }

    static Set<String> fileTypes() {
        return Stream.of(values()).map(Variant::fileType).collect(Collectors.toUnmodifiableSet());
    }

    /// The same for two photos that share a master, but for their edits. A library's mark, what holds the file, and the
    /// record's name.
    FileRef ref(Photo photo) {
        var record = holder == Holder.MASTER ? photo.master() : photo.asset();
        return new FileRef(fileType(), photo.library().mark() + holder.prefix() + record.name());
    }

    /// The file, where the photo has it.
    Optional<Resource> of(Photo photo) {
        var master = photo.master();
        var asset = photo.asset();
        boolean video = photo.isVideo();
        return switch (this) {
            case ORIGINAL -> Resource.of(master, "resOriginal");
            case ALTERNATIVE -> Resource.of(master, "resOriginalAlt");
            case LIVE_VIDEO -> Resource.of(master, "resOriginalVidCompl");
            case EDITED ->
                photo.isEdited()
                        ? first(asset, video ? "resVidFull" : "resJPEGFull", video ? "resJPEGFull" : "resVidFull")
                        : Optional.empty();
            case EDITED_LIVE_VIDEO ->
                photo.isEdited() && !video && Photo.has(asset, "resJPEGFull")
                        ? Resource.of(asset, "resVidFull")
                        : Optional.empty();
            case SIDECAR -> Resource.of(master, "resSidecar");
            case MEDIUM -> Resource.of(master, video ? "resVidMed" : "resJPEGMed");
            case THUMBNAIL -> first(master, "resJPEGThumb", video ? "resVidSmall" : "resJPEGThumb");
        };
    }

    private static Optional<Resource> first(CloudRecord record, String preferred, String other) {
        return Resource.of(record, preferred).or(() -> Resource.of(record, other));
    }
}
