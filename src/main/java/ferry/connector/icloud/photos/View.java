package ferry.connector.icloud.photos;

import java.util.List;

/// Where a photo was found: the views of a library that together hold every photo, or the library's log
/// (`icloud-protocol` 2.6). The smart views are not read: what they hold is in the others, and each record
/// tells which of them it is in.
enum View {
    LIBRARY(
            "visible",
            "CPLAssetAndMasterByAssetDateWithoutHiddenOrDeleted",
            "CPLAssetByAssetDateWithoutHiddenOrDeleted"),
    HIDDEN("hidden", "CPLAssetAndMasterHiddenByAssetDate", "CPLAssetHiddenByAssetDate"),
    RECENTLY_DELETED("recently deleted", "CPLAssetAndMasterDeletedByExpungedDate", "CPLAssetDeletedByExpungedDate"),
    /// Every frame of every burst. One or a few of a burst, its picks, are in [#LIBRARY] too.
    BURSTS("burst", "CPLBurstStackAssetAndMasterByAssetDate", "CPLAssetBurstStackAssetByAssetDate"),
    /// No view: the log of what changed, which does not say where a photo is shown.
    CHANGED("changed", "", "");

    /// Those whose counts add up, since none holds a photo of another. The bursts are read after them.
    static final List<View> COUNTED = List.of(LIBRARY, HIDDEN, RECENTLY_DELETED);

    private final String words;
    private final String listIndex;
    private final String countIndex;

    View(String words, String listIndex, String countIndex) {
        this.words = words;
        this.listIndex = listIndex;
        this.countIndex = countIndex;
    }

    /// Which items it holds, for a sentence.
    String words() {
        return words;
    }

    /// The record type to query for pages.
    String listIndex() {
        return listIndex;
    }

    /// Where the view's estimated count stands.
    String countIndex() {
        return countIndex;
    }
}
