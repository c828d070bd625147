package ferry.connector.icloud.sharedalbums;

import ferry.connector.FileRef;
import ferry.connector.icloud.photos.LoosePhoto;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Json;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// The feed entries of an album and its photos; their schema is `schemas/icpl.shared_albums.json`. What the
/// source does not say is null. An album's public address is left out: whoever has it sees the album.
final class AlbumEntry {
    private AlbumEntry() {}

    static String id(Album album) {
        return "shared_album:" + album.guid();
    }

    static String id(Album album, String assetName) {
        return "shared_photo:" + album.guid() + "/" + assetName;
    }

    /// @param count of its photos, where the source says so
    static ObjectNode album(Album album, OptionalLong count) {
        var attributes = album.json().path("attributes");
        var node = Json.object()
                .put("id", id(album))
                .put("data_type", "shared_album")
                .put("title", Json.text(attributes, "name"))
                .put("is_own", album.isOwn())
                .put("allows_contributions", Json.maybeFlag(attributes, "allowcontributions"))
                .put("is_public", Json.maybeFlag(attributes, "ispublic"));
        if (count.isPresent() && count.getAsLong() >= 0) {
            node.put("count", count.getAsLong());
        } else {
            node.putNull("count");
        }
        return node.put("date_created", CloudRecord.utc(date(attributes)));
    }

    /// @param fileId gives out the ids of files
    static ObjectNode photo(Album album, LoosePhoto photo, Function<FileRef, String> fileId) {
        var node = photo.entry(ref -> fileId.apply(Locators.of(album, ref)));
        return node.put("id", id(album, photo.asset().name()))
                .put("data_type", "shared_photo")
                .put("album_id", id(album));
    }

    /// Seen as milliseconds, be they text, and as ISO 8601.
    private static Optional<Instant> date(JsonNode attributes) {
        var millis = Json.number(attributes, "creationDate");
        if (millis.isPresent()) {
            return CloudRecord.plausible(millis);
        }
        try {
            return Optional.ofNullable(Json.text(attributes, "creationDate"))
                    .map(text -> OffsetDateTime.parse(text.strip()).toInstant());
        } catch (DateTimeException _) {
            return Optional.empty();
        }
    }
}
