package ferry.sandbox.photos;

import java.util.Locale;
import java.util.Optional;

/// Apple's names of lists and of their counts (`icloud-protocol` 2.6).
final class Views {
    private Views() {}

    /// The list a query's record type names.
    static Optional<View> list(String recordType, Filters filters, PhotoLibrary library) {
        return switch (recordType) {
            case "CPLAssetAndMasterByAssetDateWithoutHiddenOrDeleted", "CPLAssetAndMasterByAssetDate" ->
                Optional.of(new View.Library(false));
            case "CPLAssetAndMasterByAddedDate" -> Optional.of(new View.Library(true));
            case "CPLAssetAndMasterHiddenByAssetDate" -> Optional.of(new View.Hidden());
            case "CPLAssetAndMasterDeletedByExpungedDate" -> Optional.of(new View.Deleted());
            case "CPLBurstStackAssetAndMasterByAssetDate" -> Optional.of(new View.Bursts());
            case "CPLAssetAndMasterInSmartAlbumByAssetDate" ->
                filters.text("smartAlbum").flatMap(View.Kind::of).map(View.Smart::new);
            case "CPLContainerRelationLiveByAssetDate", "CPLContainerRelationLiveByPosition" ->
                filters.text("parentId").flatMap(id -> members(id, library));
            default -> Optional.empty();
        };
    }

    /// The list whose length a count index gives.
    static Optional<View> count(String index, PhotoLibrary library) {
        int colon = index.indexOf(':');
        var argument = index.substring(colon + 1);
        return switch (colon < 0 ? index : index.substring(0, colon)) {
            case "CPLAssetByAssetDateWithoutHiddenOrDeleted", "CPLAssetByAssetDate", "CPLAssetByAddedDate" ->
                Optional.of(new View.Library(false));
            case "CPLAssetHiddenByAssetDate" -> Optional.of(new View.Hidden());
            case "CPLAssetDeletedByExpungedDate" -> Optional.of(new View.Deleted());
            case "CPLAssetBurstStackAssetByAssetDate", "CPLBurstStackAssetByAssetDate" ->
                Optional.of(new View.Bursts());
            case "CPLAssetInSmartAlbumByAssetDate" ->
                View.Kind.of(argument.toUpperCase(Locale.ROOT)).map(View.Smart::new);
            case "CPLContainerRelationNotDeletedByAssetDate" -> members(argument, library);
            default -> Optional.empty();
        };
    }

    private static Optional<View> members(String albumName, PhotoLibrary library) {
        return library.albums().stream()
                .filter(album -> album.name().equals(albumName))
                .<View>map(View.Members::new)
                .findFirst();
    }
}
