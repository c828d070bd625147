package ferry.connector.icloud.drive;

import static java.nio.charset.StandardCharsets.UTF_8;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.Limits;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.Json;
import ferry.egress.Answer;
import ferry.egress.Header;
import ferry.error.ErrorCode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// A drive that answers as a test tells it to.
final class FakeDrive implements Calls, Limits {
    static final String ROOT = "FOLDER::com.apple.CloudDocs::root";

    /// By drivewsid, the answers to come; the last one stays.
    final Map<String, Deque<JsonNode>> folders = new HashMap<>();
    final Map<String, JsonNode> details = new HashMap<>();
    final Map<String, JsonNode> tokens = new ConcurrentHashMap<>();
    /// By address, the answers to come; the last one stays.
    final Map<String, Deque<Sent>> bodies = new ConcurrentHashMap<>();
    final List<String> calls = new CopyOnWriteArrayList<>();
    final List<JsonNode> asked = new ArrayList<>();
    JsonNode libraries = json("{'items': []}");
    boolean refusesSeveral;

    static JsonNode json(String text) {
        return Json.MAPPER.readTree(text.replace('\'', '"'));
    }

    /// A folder's answer with these items.
    FakeDrive folder(String drivewsid, String... items) {
        return answer(
                drivewsid,
                "{'drivewsid': '" + drivewsid + "', 'numberOfItems': " + items.length + ", 'items': ["
                        + String.join(",", items) + "]}");
    }

    FakeDrive answer(String drivewsid, String json) {
        folders.computeIfAbsent(drivewsid, _ -> new ArrayDeque<>()).add(json(json));
        return this;
    }

    static String id(String name) {
        return "FOLDER::com.apple.CloudDocs::" + name.toUpperCase(Locale.ROOT);
    }

    /// An item that is a folder; its docwsid is its name in capitals.
    static String subfolder(String name) {
        return "{'drivewsid': '" + id(name) + "', 'type': 'FOLDER', 'name': '" + name + "'}";
    }

    /// A file of that content, which is to be had.
    String file(String name, String content) {
        var docwsid = name.toUpperCase(Locale.ROOT);
        var item = "{'drivewsid': 'FILE::com.apple.CloudDocs::" + docwsid + "', 'docwsid': '" + docwsid
                + "', 'zone': 'com.apple.CloudDocs', 'type': 'FILE', 'name': '" + name
                + "', 'extension': 'txt', 'size': " + content.length() + "}";
        tokens.put(docwsid, token("https://cvws.icloud-content.com/B/" + docwsid, content));
        body("https://cvws.icloud-content.com/B/" + docwsid, new Sent(200, Map.of(), content.getBytes(UTF_8), -1));
        details.put("FILE::com.apple.CloudDocs::" + docwsid, json(item));
        return item;
    }

    static ObjectNode token(String url, String content) {
        var token = Json.object();
        token.putObject("data_token").put("url", url).put("signature", signature(content.getBytes(UTF_8)));
        return token;
    }

    void body(String url, Sent... sent) {
        bodies.computeIfAbsent(url, _ -> new ArrayDeque<>()).addAll(List.of(sent));
    }

    void bodiesOf(String docwsid, Sent... sent) {
        var url = "https://cvws.icloud-content.com/B/" + docwsid;
        bodies.remove(url);
        body(url, sent);
    }

    static String signature(byte[] content) {
        try {
            var digest = MessageDigest.getInstance("SHA-1");
            digest.update("com.apple.XattrObjectSalt\0com.apple.DataObjectSalt\0".getBytes(UTF_8));
            digest.update(content);
            var all = new byte[21];
            all[0] = 1;
            System.arraycopy(digest.digest(), 0, all, 1, 20);
            return Base64.getEncoder().encodeToString(all);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public JsonNode get(String service, String path, Map<String, String> query) throws ConnectorException {
        calls.add(service + path + query);
        if (path.equals("/retrieveAppLibraries")) {
            return libraries;
        }
        var token = tokens.get(query.getOrDefault("document_id", ""));
        if (token == null) {
            throw new Refused(ErrorCode.SERVICE_UNAVAILABLE, "The source answered 404.");
        }
        return token;
    }

    @Override
    public JsonNode post(String service, String path, Map<String, String> query, JsonNode body)
            throws ConnectorException {
        calls.add(service + path);
        asked.add(body);
        var answer = Json.MAPPER.createArrayNode();
        if (path.equals("/retrieveItemDetails")) {
            for (var item : body.path(0).path("items")) {
                answer.add(details.getOrDefault(item.path("drivewsid").asString(""), json("{'status': 'ID_INVALID'}")));
            }
            return answer;
        }
        if (refusesSeveral && body.size() > 1) {
            throw new Refused(ErrorCode.SERVICE_UNAVAILABLE, "The source answered 412.");
        }
        for (var folder : body) {
            answer.add(next(folder.path("drivewsid").asString("")));
        }
        return answer;
    }

    private JsonNode next(String drivewsid) throws Refused {
        var answers = folders.get(drivewsid);
        if (answers == null) {
            return json("{'status': 'ID_INVALID'}");
        }
        var next = answers.size() > 1 ? answers.removeFirst() : answers.getFirst();
        if (next.has("refused")) {
            throw new Refused(ErrorCode.SERVICE_UNAVAILABLE, "The source answered 412.");
        }
        return next;
    }

    @Override
    public boolean has(String service) {
        return true;
    }

    @Override
    public void pause(Duration wait) {
        // Nobody waits.
    }

    @Override
    public Answer content(String url, long from) {
        calls.add("content " + from);
        var answers = Optional.ofNullable(bodies.get(url)).orElseThrow();
        synchronized (answers) {
            return answers.size() > 1 ? answers.removeFirst() : answers.getFirst();
        }
    }

    @Override
    public void turn(HostClass host) {}

    @Override
    public void throttled(HostClass host, Duration wait) {}

    @Override
    public int parallel(HostClass host) {
        return 2;
    }

    /// An answer of the content host.
    ///
    /// @param breaksAt after so many bytes the line breaks; -1 for not at all
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Sent(int status, Map<String, String> headers, byte[] content, int breaksAt) implements Answer {
        static Sent status(int status) {
            return new Sent(status, Map.of(), new byte[0], -1);
        }

        static Sent text(String text) {
            return new Sent(200, Map.of(), text.getBytes(UTF_8), -1);
        }

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
            return List.of();
        }

        @Override
        public InputStream body() {
            if (breaksAt < 0) {
                return new ByteArrayInputStream(content);
            }
            return new ByteArrayInputStream(Arrays.copyOf(content, breaksAt)) {
                @Override
                public synchronized int read(byte[] into, int offset, int length) {
                    int read = super.read(into, offset, length);
                    if (read < 0) {
                        throw new UncheckedIOException(new IOException("the line broke"));
                    }
                    return read;
                }

                @Override
                public int read(byte[] into) throws IOException {
                    try {
                        return read(into, 0, into.length);
                    } catch (UncheckedIOException e) {
                        throw e.getCause();
                    }
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
