package ferry.bench;

import ferry.connector.Login;
import ferry.connector.SignIn;
import ferry.connector.icloud.ICloudConnector;
import ferry.connector.icloud.ICloudSettings;
import ferry.crypto.Secret;
import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import ferry.sandbox.Sandbox;
import ferry.testing.NoLimits;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The simulator asked for page after page by one thread, or for files by several, that do nothing with them: how fast
/// this machine and that latency let anyone go.
final class RawListing {
    private static final Pattern ASSET = Pattern.compile("\"recordType\":\"CPLAsset\"");
    private static final int PAGE = 100;

    private RawListing() {}

    /// Assets a second over the first so many ranks of an account that asks for no code.
    static double assetsPerSecond(Sandbox sandbox, String identifier, int ranks) throws Exception {
        long assets = 0;
        long start = System.nanoTime();
        try (var http = HttpClient.newHttpClient()) {
            var listing = request(sandbox, identifier);
            for (int rank = 0; rank < ranks; rank += PAGE) {
                var page = page(http, listing, rank);
                assets += ASSET.matcher(page).results().count();
            }
        }
        if (assets == 0) {
            throw new IllegalStateException("the simulator listed nothing");
        }
        return assets / ((System.nanoTime() - start) / 1e9);
    }

    /// Bytes a second of the originals at the first so many ranks, read by so many threads that do nothing with them.
    static double bytesPerSecond(Sandbox sandbox, String identifier, int ranks, int threads) throws Exception {
        try (var http = HttpClient.newHttpClient();
                var pool = Executors.newFixedThreadPool(threads)) {
            var listing = request(sandbox, identifier);
            var files = new ArrayList<Callable<Long>>();
            for (int rank = 0; rank < ranks; rank += PAGE) {
                for (var record :
                        JsonMapper.shared().readTree(page(http, listing, rank)).at("/records")) {
                    var url = record.at("/fields/resOriginalRes/value/downloadURL")
                            .asString("");
                    if (!url.isEmpty()) {
                        files.add(() -> length(http, url));
                    }
                }
            }
            long bytes = 0;
            long start = System.nanoTime();
            for (var read : pool.invokeAll(files)) {
                bytes += read.get();
            }
            return bytes / ((System.nanoTime() - start) / 1e9);
        }
    }

    private static long length(HttpClient http, String url) throws IOException, InterruptedException {
        var request =
                HttpRequest.newBuilder(URI.create(url.replace("${f}", "f"))).build();
        var answer = http.send(request, BodyHandlers.ofInputStream());
        try (var body = answer.body()) {
            if (answer.statusCode() != 200) {
                throw new IllegalStateException("the simulator answered " + answer.statusCode());
            }
            return body.transferTo(OutputStream.nullOutputStream());
        }
    }

    /// A request for a page; its body is to be added.
    private static HttpRequest.Builder request(Sandbox sandbox, String identifier) throws Exception {
        var session = session(sandbox, identifier);
        var cookies = session.at("/cookies")
                .valueStream()
                .map(c -> c.at("/name").asString() + "=" + c.at("/value").asString())
                .collect(Collectors.joining("; "));
        var url = URI.create(session.at("/services/ckdatabasews/url").asString()
                + "/database/1/com.apple.photos.cloud/production/private/records/query?remapEnums=true&dsid="
                + session.at("/dsid").asString());
        return HttpRequest.newBuilder(url)
                .header("Cookie", cookies)
                .header("Origin", sandbox.homeUrl().toString())
                .header("Content-Type", "text/plain");
    }

    private static String page(HttpClient http, HttpRequest.Builder listing, int rank) throws Exception {
        var request = listing.copy().POST(BodyPublishers.ofString(query(rank))).build();
        var answer = http.send(request, BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IllegalStateException("the simulator answered " + answer.statusCode());
        }
        return answer.body();
    }

    private static String query(int rank) {
        return """
                {"query": {"recordType": "CPLAssetAndMasterByAssetDateWithoutHiddenOrDeleted", "filterBy": [
                  {"fieldName": "startRank", "comparator": "EQUALS", "fieldValue": {"type": "INT64", "value": %d}},
                  {"fieldName": "direction", "comparator": "EQUALS",
                   "fieldValue": {"type": "STRING", "value": "ASCENDING"}}]},
                 "resultsLimit": 200, "zoneID": {"zoneName": "PrimarySync"}}""".formatted(rank);
    }

    /// Cookies and addresses, as the connector keeps them.
    private static JsonNode session(Sandbox sandbox, String identifier) throws Exception {
        try (var outbound = Outbound.open(EgressPolicy.of(List.of()).withLoopback())) {
            var settings = ICloudSettings.of(sandbox.authUrl(), sandbox.setupUrl(), sandbox.homeUrl());
            var login = new ICloudConnector(outbound, settings, Clock.systemUTC())
                    .signIn(
                            new SignIn(identifier, Map.of("password", new Secret("password")), Optional.empty()),
                            new NoLimits(1));
            if (login instanceof Login.Opened opened) {
                return JsonMapper.shared().readTree(opened.access().reveal().getBytes(StandardCharsets.UTF_8));
            }
            throw new IllegalStateException("the sign-in was answered " + login);
        }
    }
}
