package ferry.sandbox.photos;

import static java.nio.charset.StandardCharsets.US_ASCII;

import ferry.sandbox.LibraryQuirk;
import ferry.sandbox.defects.Defect;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.JsonNode;

/// Queries: the views of a library, page by page by rank or by marker, with all that may go wrong with a page;
/// its albums, its counts, and whether it is indexed.
final class Queries {
    private final Answers answers;
    private final Quirks quirks;

    Queries(Answers answers, Quirks quirks) {
        this.answers = answers;
        this.quirks = quirks;
    }

    /// `records/query`.
    byte[] query(Call call) throws Refused {
        var zone = answers.zone(call, call.body());
        var query = call.body().path("query");
        var type = query.path("recordType").asString("");
        var filters = Filters.of(query.path("filterBy"));
        return switch (type) {
            case "" -> throw Refused.bad("missing required field 'recordType'");
            case "CheckIndexingState" -> indexingState(zone);
            case "CPLAlbumByPositionLive" -> albums(call, zone, filters);
            case "CPLMaster", "CPLAsset", "CPLAlbum", "CPLContainerRelation" ->
                throw Refused.bad("Type is not marked indexable: " + type);
            default -> {
                var view = Views.list(type, filters, zone.library());
                yield page(
                        call, zone, view.orElseThrow(() -> Refused.bad("Did not find record type: " + type)), filters);
            }
        };
    }

    private byte[] indexingState(Zone zone) throws Refused {
        var library = zone.library();
        long progress = quirks.indexed(library);
        var state = progress == 100 ? "FINISHED" : "RUNNING";
        return Answers.object(json -> {
            json.writeArrayPropertyStart("records");
            answers.records(json, zone, null, false)
                    .result(
                            Records.anonymous(library.seed()),
                            "CheckIndexingState",
                            Map.of("progress", progress, "state", state));
            json.writeEndArray();
            json.writeStringProperty("syncToken", Answers.zoneToken(zone));
        });
    }

    /// Few albums: all of one folder in one answer, or page by page where the limit is lower.
    private byte[] albums(Call call, Zone zone, Filters filters) throws Refused {
        if (zone.shared()) {
            throw Refused.bad("there are no albums in a shared library");
        }
        var parent = filters.text("parentId");
        var albums = zone.library().albums().stream()
                .filter(album -> parent.map(name -> name.equals(album.parent()))
                        .orElse(album.parent() == null || album.parent().equals(Album.ROOT)))
                .toList();
        var folder = parent.orElse("");
        if (quirks.emptyAlbums(zone.library(), folder)
                || zone.library().defects().strikesOnce(Defect.EMPTY_PAGE, "albums " + folder)) {
            return Answers.object(json -> {
                json.writeArrayPropertyStart("records");
                json.writeEndArray();
                json.writeStringProperty("syncToken", Answers.zoneToken(zone));
            });
        }
        int from = Math.toIntExact(Marker.parse(call.body().path("continuationMarker"))
                .map(Marker::rank)
                .orElse(0L));
        int to = Math.min(albums.size(), from + Answers.limit(call.body()));
        return Answers.object(json -> {
            json.writeArrayPropertyStart("records");
            var records = answers.records(json, zone, Answers.desired(call.body()), false);
            albums.subList(Math.min(from, to), to).forEach(records::album);
            json.writeEndArray();
            if (to < albums.size()) {
                json.writeStringProperty("continuationMarker", new Marker(to, -1).text());
            }
            json.writeStringProperty("syncToken", Answers.zoneToken(zone));
        });
    }

    private byte[] page(Call call, Zone zone, View view, Filters filters) throws Refused {
        var library = zone.library();
        var wrong = new PageDefects(library, filters.number("startRank").orElse(0L));
        if (view instanceof View.Library) {
            quirks.move(library);
            wrong.shift(view);
        }
        var ranks = library.ranks(view);
        int size = (int) (ranks.length * quirks.indexed(library) / 100);
        boolean descending = filters.text("direction").orElse("ASCENDING").equals("DESCENDING");
        long start = start(call, filters, ranks, size, descending);
        boolean byRank = filters.number("startRank").isPresent()
                && call.body().path("continuationMarker").isMissingNode()
                && !descending;
        if (view instanceof View.Library && byRank) {
            if (wrong.isEmpty()) {
                return emptyPage(zone, new Marker(start, -1));
            }
            start = wrong.start();
        }
        int each = view instanceof View.Members ? 3 : 2;
        int count = Math.max(1, Answers.limit(call.body()) / each);
        var page = descending ? down(start, count, size) : up(start, count, size);
        boolean more = page.isEmpty() ? false : descending ? page.getLast() > 0 : page.getLast() < size - 1;
        if (view instanceof View.Library && quirks.empty(library, start)) {
            return emptyPage(zone, new Marker(start, -1));
        }
        return Answers.object(json -> {
            json.writeArrayPropertyStart("records");
            var records = answers.records(json, zone, Answers.desired(call.body()), false);
            var photos = page.stream().map(rank -> library.photo(ranks[rank])).toList();
            masters(zone, ranks, page, photos, view).forEach(serial -> records.master(library.photo(serial)));
            photos.forEach(records::asset);
            if (view instanceof View.Members(var album)) {
                photos.forEach(photo -> records.relation(photo, album));
            }
            json.writeEndArray();
            if (more) {
                long next = page.getLast() + (descending ? -1L : 1L);
                json.writeStringProperty("continuationMarker", new Marker(next, ranks[page.getLast()]).text());
            }
            json.writeStringProperty("syncToken", Answers.zoneToken(zone));
        });
    }

    /// Each master once, however many assets of the page share it. With [LibraryQuirk#EMPTY_PAGES], which also
    /// stands for pairs across pages, the master of each hundredth asset comes with the asset behind it.
    private static Set<Integer> masters(Zone zone, int[] ranks, List<Integer> page, List<Photo> photos, View view) {
        var masters = new LinkedHashSet<Integer>();
        boolean apart = view instanceof View.Library && zone.library().has(LibraryQuirk.EMPTY_PAGES);
        for (int i = 0; i < page.size(); i++) {
            int rank = page.get(i);
            if (apart && rank % 100 == 0 && rank > 0) {
                masters.add(zone.library().photo(ranks[rank - 1]).master());
            }
            boolean withNext = apart && rank % 100 == 99 && rank + 1 < ranks.length;
            if (!withNext) {
                masters.add(photos.get(i).master());
            }
        }
        return masters;
    }

    private static long start(Call call, Filters filters, int[] ranks, int size, boolean descending) throws Refused {
        var marker = Marker.parse(call.body().path("continuationMarker"));
        if (marker.isEmpty()) {
            if (!call.body().path("continuationMarker").isMissingNode()) {
                throw Refused.bad("Invalid continuation format");
            }
            long rank = filters.number("startRank").orElse(0L);
            if (rank < 0) {
                throw Refused.bad("startRank must not be negative");
            }
            return descending ? Math.min(rank, size - 1L) : rank;
        }
        // The marker names the last record given, so it stays right when photos are added in front.
        long last = marker.get().last();
        for (int rank = 0; rank < size; rank++) {
            if (ranks[rank] == last) {
                return rank + (descending ? -1L : 1L);
            }
        }
        return marker.get().rank();
    }

    private static List<Integer> up(long start, int count, int size) {
        var ranks = new ArrayList<Integer>(count);
        for (long rank = start; rank < Math.min(size, start + count); rank++) {
            ranks.add((int) rank);
        }
        return ranks;
    }

    private static List<Integer> down(long start, int count, int size) {
        var ranks = new ArrayList<Integer>(count);
        for (long rank = Math.min(start, size - 1L); rank >= 0 && ranks.size() < count; rank--) {
            ranks.add((int) rank);
        }
        return ranks;
    }

    private byte[] emptyPage(Zone zone, Marker again) throws Refused {
        return Answers.object(json -> {
            json.writeArrayPropertyStart("records");
            json.writeEndArray();
            json.writeStringProperty("continuationMarker", again.text());
            json.writeStringProperty("syncToken", Answers.zoneToken(zone));
        });
    }

    /// `internal/records/query/batch`: how many there are.
    byte[] batch(Call call) throws Refused {
        var asked = call.body().path("batch");
        if (!asked.isArray()) {
            throw Refused.bad("missing required field 'batch'");
        }
        return Answers.object(json -> {
            json.writeArrayPropertyStart("batch");
            for (var item : asked) {
                json.writeStartObject();
                counts(json, answers.zone(call, item), item.path("query"));
                json.writeEndObject();
            }
            json.writeEndArray();
        });
    }

    private void counts(JsonGenerator json, Zone zone, JsonNode query) throws Refused {
        if (!query.path("recordType").asString("").equals("HyperionIndexCountLookup")) {
            throw Refused.bad("a batch holds HyperionIndexCountLookup only");
        }
        json.writeArrayPropertyStart("records");
        var records = answers.records(json, zone, null, false);
        for (var index : Filters.of(query.path("filterBy")).texts("indexCountID")) {
            Views.count(index, zone.library())
                    .ifPresentOrElse(
                            view -> records.result(index, "IndexCountResult", Map.of("itemCount", (long)
                                    zone.library().ranks(view).length)),
                            () -> records.error(index, "NOT_FOUND", "unknown index"));
        }
        json.writeEndArray();
        json.writeStringProperty("syncToken", Answers.zoneToken(zone));
    }

    /// Where the next page of a query begins.
    ///
    /// @param rank by rank, for where `last` has gone
    /// @param last the serial of the last photo given, -1 for none
    private record Marker(long rank, int last) {
        String text() {
            return Base64.getEncoder()
                    .encodeToString("%019d/%012d/continuation/photo"
                            .formatted(rank, last)
                            .getBytes(US_ASCII));
        }

        static Optional<Marker> parse(JsonNode node) {
            try {
                var parts = new String(Base64.getDecoder().decode(node.asString("")), US_ASCII).split("/", -1);
                return parts.length == 4
                        ? Optional.of(new Marker(Long.parseLong(parts[0]), Integer.parseInt(parts[1])))
                        : Optional.empty();
            } catch (IllegalArgumentException _) {
                return Optional.empty();
            }
        }
    }
}
