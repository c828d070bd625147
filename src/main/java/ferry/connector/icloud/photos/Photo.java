package ferry.connector.icloud.photos;

import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.MediaTypes;
import ferry.connector.icloud.web.Uti;
import java.util.Optional;

/// A photo or video: what the library says of it, and the record that holds its original.
///
/// @param library which holds both records
/// @param asset the metadata, and the renders of an edit
/// @param master the files as they were taken; other assets may share it
record Photo(Library library, CloudRecord asset, CloudRecord master) {
    /// What the item is, from the first of its types that is known: the master's, its original's, its file
    /// name's.
    Optional<Uti> uti() {
        return master.string("itemType")
                .flatMap(Uti::of)
                .or(() -> master.string("resOriginalFileType").flatMap(Uti::of))
                .or(() ->
                        FileNames.decoded(master).flatMap(MediaTypes::extension).flatMap(Uti::ofExtension));
    }

    boolean isVideo() {
        return uti().map(Uti::isVideo).orElseGet(() -> !has(master, "resOriginal") && has(master, "resVidMed"));
    }

    /// Whether the source holds a changed version; a change without a render, such as the speed of a
    /// slow-motion video, has none.
    boolean isEdited() {
        return asset.has("adjustmentType") && (has(asset, "resJPEGFull") || has(asset, "resVidFull"));
    }

    boolean isLive() {
        return has(master, "resOriginalVidCompl");
    }

    static boolean has(CloudRecord record, String resource) {
        return record.value(resource + "Res").isObject()
                || record.string(resource + "Fingerprint").isPresent();
    }
}
