package ferry.connector;

import java.util.Map;
import java.util.Set;

/// The types one kind of source offers.
///
/// @param infoTypes such as `icloud.devices`
/// @param dataTypes such as `icpl.photos`
/// @param fileTypes such as `icpl.photos.original`
/// @param aliases other words for a data type, such as `info.account` for `icloud.account.info`
public record Catalogue(
        Set<String> infoTypes, Set<String> dataTypes, Set<String> fileTypes, Map<String, String> aliases) {
    public Catalogue {
        infoTypes = Set.copyOf(infoTypes);
        dataTypes = Set.copyOf(dataTypes);
        fileTypes = Set.copyOf(fileTypes);
        aliases = Map.copyOf(aliases);
    }
}
