package ferry.result;

import ferry.db.Database;
import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Endpoints;
import ferry.http.Exchange;
import ferry.http.ListJson;
import ferry.http.Request;
import ferry.http.Routes;
import ferry.storage.SignedUrls;
import ferry.storage.disk.DiskObjects;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/// `/results`, and `/download/{token}` for the signed downloads of local results.
public final class ResultEndpoints implements Endpoints {
    private final Database db;
    private final Results results;
    private final ResultPages pages;
    private final DiskObjects downloads;
    private final SignedUrls signedUrls;

    /// @param downloads reads what lies in local buckets
    /// @param signedUrls checks the downloads' tokens
    public ResultEndpoints(
            Database db, Results results, ResultPages pages, DiskObjects downloads, SignedUrls signedUrls) {
        this.db = db;
        this.results = results;
        this.pages = pages;
        this.downloads = downloads;
        this.signedUrls = signedUrls;
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/results", this::list);
        routes.get("/results/{id}", this::retrieve);
        routes.post("/results/{id}/ack", this::acknowledge);
        // Clients before 3.1 send it so by mistake (ricloud-api 13).
        routes.get("/results/{id}/ack", this::acknowledge);
        routes.post("/results/ack", this::acknowledgeAll);
        routes.open("GET", "/download/{token}", this::download);
    }

    private Answer list(Request request) {
        var organisation = request.caller().organisation();
        var states = Arrays.stream(ResultState.values()).map(ResultState::slug).toList();
        var filter = new Results.Filter(
                request.uuidFilter("poll"),
                request.uuidFilter("task"),
                request.filter("identifier"),
                request.filter("type"),
                request.wordFilter("state", states));
        return db.read(organisation, tx -> Answer.ok(pages.list(tx, organisation, filter, request.page(), "/results")));
    }

    private Answer retrieve(Request request) {
        var organisation = request.caller().organisation();
        return db.read(
                organisation,
                tx -> results.find(tx, organisation, request.uuid("result"))
                        .map(result -> Answer.ok(pages.shown(tx, organisation, result)))
                        .orElseThrow(() -> ApiException.notFound("result")));
    }

    private Answer acknowledge(Request request) {
        var organisation = request.caller().organisation();
        return db.tenant(
                organisation,
                tx -> results.acknowledge(tx, organisation, request.uuid("result"))
                        .map(result -> Answer.ok(pages.shown(tx, organisation, result)))
                        .orElseThrow(() -> ApiException.notFound("result")));
    }

    /// Acknowledges several, all or none.
    private Answer acknowledgeAll(Request request) {
        var organisation = request.caller().organisation();
        var fields = request.fields();
        var ids = fields.texts("ids");
        if (ids.isEmpty()) {
            fields.problem("ids", "is required");
        }
        fields.check();
        return db.tenant(organisation, tx -> {
            var shown = new ArrayList<ResultJson>();
            for (var id : ids) {
                var result = uuid(id).flatMap(uuid -> results.acknowledge(tx, organisation, uuid))
                        .orElseThrow(() -> ApiException.parameter("ids", "names no result: " + id));
                shown.add(pages.shown(tx, organisation, result));
            }
            return Answer.ok(new ListJson<>("list", shown, false, shown.size(), "/results"));
        });
    }

    /// Whoever holds the URL may have the bytes until it expires.
    private void download(Exchange exchange, Map<String, String> path) throws IOException, InterruptedException {
        var download = signedUrls
                .check(path.getOrDefault("token", ""))
                .orElseThrow(() -> ApiException.notFound("download, or it has expired"));
        var result = db.read(
                        download.organisation(), tx -> results.find(tx, download.organisation(), download.result()))
                .orElseThrow(() -> ApiException.notFound("download"));
        try (var content =
                downloads.open(URI.create(result.url())).orElseThrow(() -> ApiException.notFound("download"))) {
            exchange.set("Content-Type", "application/octet-stream");
            exchange.set("Content-Disposition", "attachment");
            try (var out = exchange.respond(200, content.length())) {
                content.bytes().transferTo(out);
            }
        }
    }

    private static Optional<UUID> uuid(String text) {
        try {
            return Optional.of(UUID.fromString(text));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }
}
