package ferry.connector.icloud.sharedalbums;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.CloudRecord;
import ferry.connector.icloud.web.Json;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What the source's service of shared albums is asked. Only reads. Thread-safe.
final class AlbumService {
    static final String SERVICE = "sharedstreams";
    /// Photos in one page.
    static final int PAGE = 100;

    private final Calls calls;
    private final InstantSource clock;

    AlbumService(Calls calls, InstantSource clock) {
        this.calls = calls;
        this.clock = clock;
    }

    /// Some records as they came in one answer.
    ///
    /// @param offset the place in the album of the first
    /// @param received when; the URLs inside age from then on
    record Page(List<CloudRecord> records, long offset, Instant received) {
        Page {
            records = List.copyOf(records);
        }

        /// How many photos it took; fewer rather than more, since what comes twice is known, and what is
        /// stepped over is lost.
        long photos() {
            long assets = count("CPLAsset");
            return assets > 0 ? assets : Math.max(1, count("CPLMaster"));
        }

        /// Of its records, in their order.
        List<String> names() {
            return records.stream().map(CloudRecord::name).toList();
        }

        private long count(String type) {
            return records.stream().filter(r -> r.type().equals(type)).count();
        }
    }

    /// All albums, as listed.
    ///
    /// @throws Refused with `not-activated` where the account has no such service
    JsonNode list() throws ConnectorException, InterruptedException {
        if (!calls.has(SERVICE)) {
            throw new Refused(ErrorCode.NOT_ACTIVATED, "The account has no shared albums.");
        }
        return Json.list(calls.postAt(SERVICE, own() + "webgetalbumslist", Map.of(), Json.object()), "albums");
    }

    /// Where the account's own albums are.
    String own() {
        return "/" + calls.number() + "/sharedstreams/";
    }

    /// How many photos an album holds; empty where the source does not say.
    OptionalLong count(Album album) throws ConnectorException, InterruptedException {
        var answer = calls.postAt(SERVICE, album.location() + "webgetassetcount", Map.of(), named(album));
        return Json.number(answer, "albumassetcount");
    }

    /// The photos from a place on. Clients differ in what they take `limit` for, the place to stop before or
    /// how many: this asks for at least a page either way.
    Page page(Album album, long offset) throws ConnectorException, InterruptedException {
        var body = named(album).put("offset", String.valueOf(offset)).put("limit", String.valueOf(offset + PAGE));
        album.tag().ifPresent(tag -> body.put("albumctag", tag));
        var answer = calls.postAt(SERVICE, album.location() + "webgetassets", Map.of(), body);
        return new Page(
                Json.list(answer, "records").valueStream().map(CloudRecord::new).toList(), offset, clock.instant());
    }

    /// Whether a refusal is about the account or the service, not about what was asked for.
    static boolean concernsAll(Refused e) {
        return e.code() != ErrorCode.SERVICE_UNAVAILABLE && e.code() != ErrorCode.NOT_RETRIEVABLE;
    }

    private static ObjectNode named(Album album) {
        return Json.object().put("albumguid", album.guid());
    }
}
