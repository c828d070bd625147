package ferry.connector.icloud.photos;

/// The views of a library that together hold every photo (`icloud-protocol` 2.6).
enum View {
    LIBRARY(
            "visible",
            "CPLAssetAndMasterByAssetDateWithoutHiddenOrDeleted",
            "CPLAssetByAssetDateWithoutHiddenOrDeleted"),
    HIDDEN("hidden", "CPLAssetAndMasterHiddenByAssetDate", "CPLAssetHiddenByAssetDate"),
    RECENTLY_DELETED("recently deleted", "CPLAssetAndMasterDeletedByExpungedDate", "CPLAssetDeletedByExpungedDate");

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
