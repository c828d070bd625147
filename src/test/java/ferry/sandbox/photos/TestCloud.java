package ferry.sandbox.photos;

import ferry.sandbox.Account;
import ferry.sandbox.LibraryQuirk;
import ferry.sandbox.LibrarySpec;
import ferry.sandbox.SandboxClock;
import ferry.sandbox.SecondFactor;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/// One account's photos, asked without a server between.
final class TestCloud {
    static final String LIBRARY = "CPLAssetAndMasterByAssetDateWithoutHiddenOrDeleted";

    final SandboxClock clock = SandboxClock.standing(Instant.parse("2026-10-01T12:00:00Z"));
    final List<Duration> pauses = new ArrayList<>();
    final Account account;
    final PhotoLibraries libraries = new PhotoLibraries(clock);
    private final CloudKit cloudKit =
            new CloudKit(libraries, () -> "http://127.0.0.1:1", clock, (_, _) -> true, pauses::add);
    final ContentHost content = new ContentHost(libraries, clock, pauses::add);

    private TestCloud(LibrarySpec spec) {
        account = new Account("a@sandbox.example", 20_000_000_007L, "A", "B", new SecondFactor.None(), Set.of(), spec);
    }

    static TestCloud of(long seed, int photos, LibraryQuirk... quirks) {
        return new TestCloud(new LibrarySpec(seed, photos, Set.of(quirks)));
    }

    PhotoLibrary library() {
        return libraries.of(account);
    }

    FakeExchange send(String operation, String body) throws Exception {
        return send("private", operation, body);
    }

    FakeExchange send(String database, String operation, String body) throws Exception {
        var path = "/database/1/com.apple.photos.cloud/production/" + database + "/" + operation;
        var exchange = FakeExchange.post(path, body.replace('\'', '"'));
        cloudKit.handle(exchange, account, path);
        return exchange;
    }

    /// A query of `more` keys beside `query` and `zoneID`, such as `, 'resultsLimit': 200`.
    FakeExchange query(String type, String filters, String more) throws Exception {
        return send(
                "records/query",
                "{'query': {'recordType': '" + type + "', 'filterBy': [" + filters
                        + "]}, 'zoneID': {'zoneName': 'PrimarySync'}" + more + "}");
    }

    JsonNode page(String type, long rank, String direction) throws Exception {
        return query(type, rank(rank) + ", " + text("direction", direction), ", 'resultsLimit': 200")
                .json();
    }

    static String rank(long rank) {
        return "{'fieldName': 'startRank', 'comparator': 'EQUALS', 'fieldValue': {'type': 'INT64', 'value': " + rank
                + "}}";
    }

    static String text(String name, String value) {
        return "{'fieldName': '" + name + "', 'comparator': 'EQUALS', 'fieldValue': {'type': 'STRING', 'value': '"
                + value + "'}}";
    }

    /// All records of a list, by rank, as the clients step: by the number of masters.
    List<JsonNode> all(String type) throws Exception {
        var records = new ArrayList<JsonNode>();
        long rank = 0;
        while (true) {
            var page = page(type, rank, "ASCENDING").path("records");
            if (page.isEmpty()) {
                return records;
            }
            page.forEach(records::add);
            rank += typed("CPLMaster", page).size();
        }
    }

    JsonNode lookup(String... names) throws Exception {
        var list = String.join("'}, {'recordName': '", names);
        return send(
                        "records/lookup",
                        "{'records': [{'recordName': '" + list + "'}], 'zoneID': {'zoneName': 'PrimarySync'}}")
                .json()
                .path("records");
    }

    static List<JsonNode> typed(String type, Iterable<JsonNode> records) {
        var such = new ArrayList<JsonNode>();
        records.forEach(record -> {
            if (record.path("recordType").asString("").equals(type)) {
                such.add(record);
            }
        });
        return such;
    }

    static List<String> names(List<JsonNode> records) {
        return records.stream()
                .map(record -> record.path("recordName").asString())
                .toList();
    }

    static JsonNode value(JsonNode record, String field) {
        return record.path("fields").path(field).path("value");
    }

    /// Downloads from an address as it stands in a record.
    FakeExchange download(String url) throws Exception {
        return download(url, "");
    }

    FakeExchange download(String url, String range) throws Exception {
        var address = URI.create(url.replace("${f}", "name.bin"));
        var exchange = FakeExchange.get(address.getRawPath(), address.getRawQuery());
        if (!range.isEmpty()) {
            exchange.with("range", range);
        }
        content.handle(exchange, address.getRawPath().substring("/content".length()));
        return exchange;
    }
}
