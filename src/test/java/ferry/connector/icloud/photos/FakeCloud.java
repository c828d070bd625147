package ferry.connector.icloud.photos;

import ferry.connector.ConnectorException;
import ferry.connector.icloud.web.Calls;
import ferry.egress.Answer;
import ferry.egress.Header;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// An iCloud photo library in memory: CloudKit's answers and the content host.
final class FakeCloud implements Calls {
    static final JsonMapper JSON = JsonMapper.builder().build();

    /// Everything by record name; a listing names assets, and gives each with its master.
    final Map<String, ObjectNode> records = new ConcurrentHashMap<>();
    final Map<View, List<String>> views = new EnumMap<>(View.class);
    final List<ObjectNode> changes = new ArrayList<>();
    final List<ObjectNode> albums = new ArrayList<>();
    final List<String> calls = new CopyOnWriteArrayList<>();
    final List<String> fetched = new CopyOnWriteArrayList<>();
    final Map<String, byte[]> contents = new ConcurrentHashMap<>();
    /// What the content host does about a URL's n-th call, in place of a whole answer.
    final Map<String, List<Reply>> replies = new ConcurrentHashMap<>();

    final AtomicInteger generation = new AtomicInteger();
    String indexing = "FINISHED";
    long counted = -1;
    int pageCut = 100;
    boolean tokenLost;
    /// Runs before each page of the visible view, with its rank.
    LongConsumer beforePage = _ -> {};
    /// Pages of such ranks are empty once.
    final List<Long> hiccups = new CopyOnWriteArrayList<>();
    /// Where pages of the visible view begin, in place of the rank that was asked for.
    final Map<Long, Long> misplaced = new ConcurrentHashMap<>();
    /// Records that a listing gives as errors.
    final List<String> unreadable = new CopyOnWriteArrayList<>();

    interface Reply {
        Answer answer(byte[] content, long from) throws ConnectorException;
    }

    FakeCloud() {
        for (var view : View.values()) {
            views.put(view, new CopyOnWriteArrayList<>());
        }
    }

    /// A JPEG photo of some bytes, in the visible view.
    Made photo(int number) {
        return photo(number, View.LIBRARY);
    }

    Made photo(int number, View view) {
        var made = made(number);
        view(view).add(made.assetName());
        return made;
    }

    List<String> view(View view) {
        return Objects.requireNonNull(views.get(view));
    }

    /// A photo that no view lists yet.
    Made made(int number) {
        var content = ("the bytes of photo " + number).getBytes(StandardCharsets.UTF_8);
        var master = record(checksum(content), "CPLMaster");
        field(master, "filenameEnc", "ENCRYPTED_BYTES", base64("IMG_%04d.JPG".formatted(number)));
        field(master, "itemType", "STRING", "public.jpeg");
        resource(master, "resOriginal", "public.jpeg", content);
        var asset = record("ASSET-" + number, "CPLAsset");
        asset.withObject("/fields/masterRef/value").put("recordName", name(master));
        number(asset, "assetDate", 1_700_000_000_000L + number);
        number(asset, "addedDate", 1_700_000_100_000L + number);
        return new Made(asset, master, content);
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Made(ObjectNode asset, ObjectNode master, byte[] content) {
        String assetName() {
            return name(asset);
        }

        String masterName() {
            return name(master);
        }

        String id() {
            return "photo:" + assetName();
        }
    }

    ObjectNode record(String name, String type) {
        var record = JSON.createObjectNode().put("recordName", name).put("recordType", type);
        record.putObject("fields");
        records.put(name, record);
        return record;
    }

    void resource(ObjectNode record, String resource, String uti, byte[] content) {
        var path = name(record) + "/" + resource;
        contents.put(path, content);
        field(record, resource + "FileType", "STRING", uti);
        record.withObject("/fields/" + resource + "Res/value")
                .put("fileChecksum", checksum(content))
                .put("size", content.length)
                .put("downloadURL", path + "?g=0");
    }

    static void field(ObjectNode record, String field, String type, String value) {
        record.withObject("/fields/" + field).put("type", type).put("value", value);
    }

    static void number(ObjectNode record, String field, long value) {
        record.withObject("/fields/" + field).put("type", "INT64").put("value", value);
    }

    static String name(ObjectNode record) {
        return record.path("recordName").asString("");
    }

    static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    /// Independent of the code under test: type 1, then SHA-1 over both salts and the content.
    static String checksum(byte[] content) {
        try {
            var sha1 = MessageDigest.getInstance("SHA-1");
            sha1.update("com.apple.XattrObjectSalt".getBytes(StandardCharsets.US_ASCII));
            sha1.update((byte) 0);
            sha1.update("com.apple.DataObjectSalt".getBytes(StandardCharsets.US_ASCII));
            sha1.update((byte) 0);
            var signed = new byte[21];
            signed[0] = 1;
            System.arraycopy(sha1.digest(content), 0, signed, 1, 20);
            return Base64.getEncoder().encodeToString(signed);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public boolean has(String service) {
        return service.equals("ckdatabasews");
    }

    @Override
    public JsonNode get(String service, String path, Map<String, String> query) {
        throw new AssertionError("photos are read by POST alone: " + path);
    }

    @Override
    public JsonNode post(String service, String path, Map<String, String> query, JsonNode body) {
        if (path.endsWith("/production/shared/zones/list")) {
            return JSON.createObjectNode();
        }
        var operation = path.substring(path.indexOf("/production/private/") + "/production/private/".length());
        var type = body.path("query").path("recordType").asString("");
        calls.add(operation + (type.isEmpty() ? "" : " " + type));
        return switch (operation) {
            case "zones/list" -> zones();
            case "internal/records/query/batch" -> counts(body);
            case "records/lookup" -> lookup(body);
            case "changes/zone" -> changed(body.at("/zones/0").has("syncToken"));
            case "records/query" ->
                switch (type) {
                    case "CheckIndexingState" -> {
                        var answer = JSON.createObjectNode();
                        var record = answer.putArray("records").addObject();
                        field(record, "state", "STRING", indexing);
                        yield answer;
                    }
                    case "CPLAlbumByPositionLive" -> albums(body);
                    default -> page(type, body);
                };
            default -> throw new AssertionError("a reader must not call " + operation);
        };
    }

    private static JsonNode zones() {
        var answer = JSON.createObjectNode();
        var zones = answer.putArray("zones");
        zones.addObject().putObject("zoneID").put("zoneName", "CMM-1");
        zones.addObject().put("deleted", true).putObject("zoneID").put("zoneName", "PrimarySync");
        zones.addObject().putObject("zoneID").put("zoneName", "PrimarySync");
        return answer;
    }

    private JsonNode counts(JsonNode body) {
        var answer = JSON.createObjectNode();
        var batch = answer.putArray("batch");
        for (var one : body.path("batch")) {
            var index = one.path("query")
                    .path("filterBy")
                    .path("fieldValue")
                    .path("value")
                    .path(0)
                    .asString("");
            long count = counted >= 0 && index.equals(View.LIBRARY.countIndex()) ? counted : count(index);
            number(batch.addObject().putArray("records").addObject(), "itemCount", count);
        }
        return answer;
    }

    private long count(String index) {
        return Arrays.stream(View.values())
                .filter(v -> v.countIndex().equals(index))
                .mapToLong(v -> views.getOrDefault(v, List.of()).size())
                .findFirst()
                .orElse(7);
    }

    private JsonNode page(String index, JsonNode body) {
        var view = Arrays.stream(View.values())
                .filter(v -> v.listIndex().equals(index))
                .findFirst()
                .orElseThrow();
        long rank = body.path("query")
                .path("filterBy")
                .path(0)
                .path("fieldValue")
                .path("value")
                .longValue();
        if (view == View.LIBRARY) {
            beforePage.accept(rank);
        }
        var answer = JSON.createObjectNode().put("syncToken", "token-0");
        var list = answer.putArray("records");
        // A test may change the view meanwhile.
        var names = List.copyOf(views.getOrDefault(view, List.of()));
        if (view == View.LIBRARY && hiccups.remove(rank)) {
            return answer;
        }
        rank = view == View.LIBRARY ? misplaced.getOrDefault(rank, rank) : rank;
        long end = Math.min(
                names.size(), rank + Math.min(pageCut, body.path("resultsLimit").intValue() / 2));
        for (long i = rank; i < end; i++) {
            var asset = records.get(names.get((int) i));
            if (asset == null) {
                continue;
            }
            var master = asset.path("fields")
                    .path("masterRef")
                    .path("value")
                    .path("recordName")
                    .asString("");
            var file = records.get(master);
            if (file != null) {
                list.add(listed(file));
            }
            list.add(listed(asset));
        }
        return answer;
    }

    private ObjectNode listed(ObjectNode record) {
        return unreadable.contains(name(record))
                ? JSON.createObjectNode().put("recordName", name(record)).put("serverErrorCode", "TRY_AGAIN_LATER")
                : record;
    }

    private JsonNode lookup(JsonNode body) {
        var answer = JSON.createObjectNode();
        var list = answer.putArray("records");
        int fresh = generation.incrementAndGet();
        for (var wanted : body.path("records")) {
            var name = wanted.path("recordName").asString("");
            var record = records.get(name);
            if (record == null) {
                list.addObject().put("recordName", name).put("serverErrorCode", "NOT_FOUND");
                continue;
            }
            var copy = record.deepCopy();
            for (var field : copy.path("fields")) {
                if (field.path("value") instanceof ObjectNode value && value.has("downloadURL")) {
                    var url = value.path("downloadURL").asString("");
                    value.put("downloadURL", url.substring(0, url.indexOf('?')) + "?g=" + fresh);
                }
            }
            list.add(copy);
        }
        return answer;
    }

    /// @param since whether a token was sent; otherwise all is told from the beginning
    private JsonNode changed(boolean since) {
        var answer = JSON.createObjectNode();
        var zone = answer.putArray("zones").addObject();
        if (tokenLost) {
            zone.put("serverErrorCode", "BAD_REQUEST");
            return answer;
        }
        zone.put("syncToken", "token-1").put("moreComing", false);
        var list = zone.putArray("records");
        (since ? changes : List.copyOf(records.values())).forEach(list::add);
        return answer;
    }

    private JsonNode albums(JsonNode body) {
        var parent = body.path("query")
                .path("filterBy")
                .path(0)
                .path("fieldValue")
                .path("value")
                .asString("");
        int from = Integer.parseInt(body.path("continuationMarker").asString("0"));
        var answer = JSON.createObjectNode();
        var list = answer.putArray("records");
        var here = albums.stream()
                .filter(a -> a.path("parent").asString("").equals(parent))
                .toList();
        here.stream().skip(from).limit(2).forEach(list::add);
        if (from + 2 < here.size()) {
            answer.put("continuationMarker", String.valueOf(from + 2));
        }
        return answer;
    }

    @Override
    public void pause(Duration wait) {
        // Nobody waits.
    }

    @Override
    public Answer content(String url, long from) throws ConnectorException {
        fetched.add(url + " " + from);
        var path = url.substring(0, url.indexOf('?'));
        var content = Optional.ofNullable(contents.get(path)).orElseThrow();
        var scripted = replies.get(path);
        if (scripted != null) {
            Reply next;
            synchronized (scripted) {
                next = scripted.isEmpty() ? FakeCloud::whole : scripted.removeFirst();
            }
            return next.answer(content, from);
        }
        return whole(content, from);
    }

    void script(Made made, String resource, Reply... next) {
        replies.put(made.masterName() + "/" + resource, new ArrayList<>(List.of(next)));
    }

    /// What a healthy host answers.
    static Answer whole(byte[] content, long from) {
        return from == 0
                ? new Sent(200, Map.of(), content, -1)
                : new Sent(
                        206,
                        Map.of("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length),
                        Arrays.copyOfRange(content, (int) from, content.length),
                        -1);
    }

    static Reply status(int status) {
        return (_, _) -> new Sent(status, Map.of(), new byte[0], -1);
    }

    static Reply body(String text) {
        return (_, _) -> new Sent(200, Map.of(), text.getBytes(StandardCharsets.UTF_8), -1);
    }

    /// Gives so many bytes more of what is asked for, then breaks off.
    static Reply further(int bytes) {
        return (content, from) -> {
            var whole = (Sent) whole(content, from);
            return new Sent(
                    whole.status(), whole.headers(), whole.content(), bytes < whole.content().length ? bytes : -1);
        };
    }

    /// Ends cleanly after so many bytes.
    static Reply cut(int after) {
        return (content, _) -> new Sent(200, Map.of(), Arrays.copyOf(content, after), -1);
    }

    /// Breaks off after so many bytes.
    static Reply broken(int after) {
        return (content, _) -> new Sent(200, Map.of(), content, after);
    }

    /// @param breakAfter the byte at which reading fails, or -1
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Sent(int status, Map<String, String> headers, byte[] content, int breakAfter) implements Answer {
        @Override
        public Optional<String> header(String name) {
            return Optional.ofNullable(headers.get(name));
        }

        @Override
        public List<String> headers(String name) {
            return header(name).stream().toList();
        }

        @Override
        public List<Header> allHeaders() {
            return headers.entrySet().stream()
                    .map(it -> new Header(it.getKey(), it.getValue()))
                    .toList();
        }

        @Override
        public InputStream body() {
            if (breakAfter < 0) {
                return new ByteArrayInputStream(content);
            }
            return new InputStream() {
                private int at;

                @Override
                public int read() throws IOException {
                    if (at == breakAfter) {
                        throw new IOException("the line broke");
                    }
                    return content[at++] & 0xff;
                }

                @Override
                public int read(byte @Nullable [] bytes, int offset, int length) throws IOException {
                    if (bytes == null) {
                        throw new IOException("no bytes");
                    }
                    bytes[offset] = (byte) read();
                    return 1;
                }
            };
        }

        @Override
        public byte[] bytes(int atMost) {
            return content;
        }

        @Override
        public void close() {}
    }
}
