package ferry.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.Executors;
import java.util.zip.CRC32C;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// What Ferry uses of Google Cloud Storage, as its documentation describes it: the token endpoint, uploads in one
/// request and in resumable sessions, listing, deletion and signed downloads. Checks signatures, permissions and
/// checksums, and fails as it is told to. Thread-safe.
public final class FakeGcs implements AutoCloseable {
    /// What the service account of the tests is called.
    public static final String EMAIL = "ferry@a-project.iam.gserviceaccount.com";

    /// All that a publisher could want.
    public static final Set<String> EVERYTHING =
            Set.of("storage.objects.create", "storage.objects.list", "storage.objects.get", "storage.objects.delete");

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    private static final int PAGE = 3;
    private static final int QUANTUM = 256 * 1024;
    private static final KeyPair KEYS = keys();
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private final HttpServer server;
    private final Map<String, Map<String, Stored>> buckets = new ConcurrentHashMap<>();
    private final Map<String, Session> sessions = new ConcurrentHashMap<>();
    private final Map<String, ObjectNode> finished = new ConcurrentHashMap<>();
    private final Set<String> tokens = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<Fault> faults = new ConcurrentLinkedQueue<>();
    private volatile Set<String> permissions = EVERYTHING;
    private volatile Duration clockOff = Duration.ZERO;
    private volatile boolean knowsTheAccount = true;

    /// @param metadata as it came with the upload
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Stored(byte[] bytes, JsonNode metadata) {}

    private record Fault(String method, String inUrl, int status) {}

    private static final class Session {
        private final String bucket;
        private final JsonNode metadata;
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

        Session(String bucket, JsonNode metadata) {
            this.bucket = bucket;
            this.metadata = metadata;
        }
    }

    private FakeGcs(HttpServer server) {
        this.server = server;
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::handle);
        server.start();
    }

    /// Starts it with one empty bucket.
    public static FakeGcs start(String bucket) {
        try {
            return started(bucket, HttpServer.create(ANY_PORT, 0));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /// The same over TLS, with the certificate of a key store.
    public static FakeGcs startSecure(String bucket, Path keystore, String password) {
        try (var in = Files.newInputStream(keystore)) {
            var store = KeyStore.getInstance("PKCS12");
            store.load(in, password.toCharArray());
            var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, password.toCharArray());
            var tls = SSLContext.getInstance("TLS");
            tls.init(keys.getKeyManagers(), null, null);
            var server = HttpsServer.create(ANY_PORT, 0);
            server.setHttpsConfigurator(new HttpsConfigurator(tls));
            return started(bucket, server);
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static FakeGcs started(String bucket, HttpServer server) {
        var fake = new FakeGcs(server);
        fake.create(bucket);
        return fake;
    }

    /// Makes another bucket.
    public void create(String bucket) {
        buckets.put(bucket, new ConcurrentSkipListMap<>());
    }

    /// Where it answers.
    public URI url() {
        return URI.create((server instanceof HttpsServer ? "https" : "http") + "://127.0.0.1:" + port());
    }

    /// The port of [#url].
    public int port() {
        return server.getAddress().getPort();
    }

    /// The service account's JSON file as Google would have it downloaded.
    public ObjectNode serviceAccount() {
        return serviceAccount(KEYS);
    }

    /// The same with a key that Google does not know.
    public ObjectNode withAnotherKey() {
        return serviceAccount(keys());
    }

    /// What the account may do from now on.
    public void permit(Set<String> granted) {
        permissions = granted;
    }

    /// Its clock is so far ahead of ours.
    public void clockOff(Duration ahead) {
        clockOff = ahead;
    }

    /// The account was deleted.
    public void forgetTheAccount() {
        knowsTheAccount = false;
    }

    /// No token that was given is good any more.
    public void revokeTokens() {
        tokens.clear();
    }

    /// The next request of that method whose URL holds the text is answered with the status.
    public void fail(String method, String inUrl, int status) {
        faults.add(new Fault(method, inUrl, status));
    }

    /// Whether every fault has happened.
    public boolean isThrough() {
        return faults.isEmpty();
    }

    /// Sessions that were neither finished nor cancelled.
    public int sessions() {
        return sessions.size();
    }

    /// The same of one bucket.
    public int sessions(String bucket) {
        return (int) sessions.values().stream()
                .filter(it -> it.bucket.equals(bucket))
                .count();
    }

    /// Forgets those of one bucket, as Google does after a week.
    ///
    /// @return how many there were
    public int forgetSessions(String bucket) {
        int before = sessions(bucket);
        sessions.values().removeIf(it -> it.bucket.equals(bucket));
        return before;
    }

    /// The names of all objects.
    public List<String> keys(String bucket) {
        return List.copyOf(objects(bucket).keySet());
    }

    /// An object's bytes; empty where there is none.
    public Optional<byte[]> bytes(String bucket, String key) {
        return Optional.ofNullable(objects(bucket).get(key)).map(Stored::bytes);
    }

    /// Takes an object away.
    public void delete(String bucket, String key) {
        objects(bucket).remove(key);
    }

    /// What was sent beside an object's bytes.
    public JsonNode metadata(String bucket, String key) {
        return Optional.ofNullable(objects(bucket).get(key)).orElseThrow().metadata();
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private Map<String, Stored> objects(String bucket) {
        return Optional.ofNullable(buckets.get(bucket)).orElseThrow();
    }

    private ObjectNode serviceAccount(KeyPair keys) {
        var pem = "-----BEGIN PRIVATE KEY-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'})
                        .encodeToString(keys.getPrivate().getEncoded())
                + "\n-----END PRIVATE KEY-----\n";
        return JSON.createObjectNode()
                .put("type", "service_account")
                .put("project_id", "a-project")
                .put("private_key_id", "f00d")
                .put("private_key", pem)
                .put("client_email", EMAIL)
                .put("client_id", "1234567890")
                .put("auth_uri", "https://accounts.google.com/o/oauth2/auth")
                .put("token_uri", url() + "/token")
                .put("auth_provider_x509_cert_url", "https://www.googleapis.com/oauth2/v1/certs")
                .put("universe_domain", "googleapis.com");
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            var url = exchange.getRequestURI();
            var method = exchange.getRequestMethod();
            var fault = faults.stream()
                    .filter(f -> f.method().equals(method) && url.toString().contains(f.inUrl()))
                    .findFirst();
            if (fault.isPresent() && faults.remove(fault.get())) {
                exchange.getRequestBody().transferTo(java.io.OutputStream.nullOutputStream());
                error(exchange, fault.get().status(), "backendError", "Not now.");
                return;
            }
            var path = url.getPath();
            if (path.equals("/token")) {
                token(exchange);
            } else if (url.toString().contains("upload_id=")) {
                session(exchange, query(url).get("upload_id"));
            } else if (query(url).containsKey("X-Goog-Signature")) {
                download(exchange);
            } else if (!tokens.contains(
                    String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")))) {
                exchange.getRequestBody().transferTo(java.io.OutputStream.nullOutputStream());
                error(exchange, 401, "authError", "Invalid Credentials");
            } else if (path.startsWith("/upload/storage/v1/b/")) {
                upload(exchange, path.split("/")[5]);
            } else if (path.startsWith("/storage/v1/b/")) {
                api(exchange);
            } else {
                error(exchange, 404, "notFound", "Not Found");
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private void token(HttpExchange exchange) throws IOException, GeneralSecurityException {
        var form = form(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
        var parts = form.getOrDefault("assertion", "").split("\\.", -1);
        var claims = JSON.readTree(Base64.getUrlDecoder().decode(parts[1]));
        var verify = Signature.getInstance("SHA256withRSA");
        verify.initVerify(KEYS.getPublic());
        verify.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.UTF_8));
        var now = Instant.now().plus(clockOff).getEpochSecond();
        long issued = claims.path("iat").asLong();
        if (!"urn:ietf:params:oauth:grant-type:jwt-bearer".equals(form.get("grant_type"))) {
            refuse(exchange, "unsupported_grant_type", "Invalid grant_type");
        } else if (!knowsTheAccount || !claims.path("iss").asString("").equals(EMAIL)) {
            refuse(exchange, "invalid_grant", "Invalid grant: account not found");
        } else if (!verify.verify(Base64.getUrlDecoder().decode(parts[2]))) {
            refuse(exchange, "invalid_grant", "Invalid JWT Signature.");
        } else if (Math.abs(now - issued) > 300 || claims.path("exp").asLong() - issued > 3600) {
            refuse(
                    exchange,
                    "invalid_grant",
                    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check"
                            + " your iat and exp values in the JWT claim.");
        } else if (!claims.path("aud").asString("").endsWith("/token")
                || !claims.path("scope").asString("").contains("devstorage.read_write")) {
            refuse(exchange, "invalid_scope", "Invalid OAuth scope or ID token audience provided.");
        } else {
            var token = "ya29." + UUID.randomUUID();
            tokens.add("Bearer " + token);
            answer(
                    exchange,
                    200,
                    JSON.createObjectNode()
                            .put("access_token", token)
                            .put("expires_in", 3599)
                            .put("token_type", "Bearer"));
        }
    }

    private static void refuse(HttpExchange exchange, String error, String description) throws IOException {
        answer(exchange, 400, JSON.createObjectNode().put("error", error).put("error_description", description));
    }

    private void upload(HttpExchange exchange, String bucket) throws IOException {
        var body = exchange.getRequestBody().readAllBytes();
        if (!buckets.containsKey(bucket)) {
            error(exchange, 404, "notFound", "The specified bucket does not exist.");
            return;
        }
        if (denied(exchange, "storage.objects.create")) {
            return;
        }
        if ("resumable".equals(query(exchange.getRequestURI()).get("uploadType"))) {
            var metadata = JSON.readTree(body);
            if (mustNotReplace(exchange, bucket, metadata)) {
                return;
            }
            var id = UUID.randomUUID().toString();
            sessions.put(id, new Session(bucket, metadata));
            exchange.getResponseHeaders()
                    .set(
                            "Location",
                            url().getScheme() + "://"
                                    + exchange.getRequestHeaders().getFirst("Host") + "/upload/storage/v1/b/" + bucket
                                    + "/o?uploadType=resumable&upload_id=" + id);
            exchange.sendResponseHeaders(200, -1);
            return;
        }
        var parts = parts(exchange, body);
        var metadata = JSON.readTree(parts.getFirst());
        if (!mustNotReplace(exchange, bucket, metadata)) {
            store(
                    exchange,
                    bucket,
                    metadata,
                    parts.getLast(),
                    Map.of(
                            "md5", metadata.path("md5Hash").asString(""),
                            "crc32c", metadata.path("crc32c").asString("")));
        }
    }

    /// The two bodies of `multipart/related`.
    private static List<byte[]> parts(HttpExchange exchange, byte[] body) {
        var type = exchange.getRequestHeaders().getFirst("Content-Type");
        var boundary = "--" + type.substring(type.indexOf("boundary=") + 9);
        var text = new String(body, StandardCharsets.ISO_8859_1);
        var all = text.split(java.util.regex.Pattern.quote(boundary), -1);
        return Arrays.stream(all)
                .skip(1)
                .limit(2)
                .map(part -> part.substring(part.indexOf("\r\n\r\n") + 4, part.length() - 2))
                .map(part -> part.getBytes(StandardCharsets.ISO_8859_1))
                .toList();
    }

    private void session(HttpExchange exchange, @Nullable String id) throws IOException {
        var session = sessions.get(String.valueOf(id));
        if (exchange.getRequestMethod().equals("DELETE")) {
            sessions.remove(String.valueOf(id));
            exchange.sendResponseHeaders(499, -1);
            return;
        }
        if (finished.containsKey(String.valueOf(id))) {
            exchange.getRequestBody().transferTo(java.io.OutputStream.nullOutputStream());
            answer(exchange, 200, finished.get(String.valueOf(id)));
            return;
        }
        if (session == null) {
            exchange.getRequestBody().transferTo(java.io.OutputStream.nullOutputStream());
            error(exchange, 404, "notFound", "No such upload");
            return;
        }
        var range = exchange.getRequestHeaders().getFirst("Content-Range").substring("bytes ".length());
        var total = range.substring(range.indexOf('/') + 1);
        synchronized (session) {
            if (!range.startsWith("*")) {
                long from = Long.parseLong(range.substring(0, range.indexOf('-')));
                if (from != session.bytes.size()) {
                    exchange.getRequestBody().transferTo(java.io.OutputStream.nullOutputStream());
                    error(exchange, 503, "backendError", "The range does not follow what is there.");
                    return;
                }
                if (!take(exchange, session, total.equals("*"))) {
                    return; // the line was cut
                }
            }
            if (total.equals("*") || Long.parseLong(total) != session.bytes.size()) {
                if (session.bytes.size() > 0) {
                    exchange.getResponseHeaders().set("Range", "bytes=0-" + (session.bytes.size() - 1));
                }
                exchange.sendResponseHeaders(308, -1);
                return;
            }
            sessions.remove(String.valueOf(id));
            var hashes = new TreeMap<String, String>();
            var header = exchange.getRequestHeaders().getFirst("X-Goog-Hash");
            for (var pair : header == null ? new String[0] : header.split(",", -1)) {
                hashes.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
            }
            var bytes = session.bytes.toByteArray();
            finished.put(
                    String.valueOf(id), described(session.metadata.path("name").asString(), bytes));
            if (!store(exchange, session.bucket, session.metadata, bytes, hashes)) {
                finished.remove(String.valueOf(id));
            }
        }
    }

    /// Takes what arrives, in multiples of 256 KiB unless it is the last; false where the line broke.
    private static boolean take(HttpExchange exchange, Session session, boolean more) throws IOException {
        long announced = Long.parseLong(exchange.getRequestHeaders().getFirst("Content-Length"));
        var got = new ByteArrayOutputStream();
        try {
            copy(exchange.getRequestBody(), got);
        } catch (IOException _) {
            // what arrived counts
        }
        boolean whole = got.size() == announced;
        int kept = whole && !(more && announced % QUANTUM != 0) ? got.size() : got.size() / QUANTUM * QUANTUM;
        session.bytes.write(got.toByteArray(), 0, kept);
        return whole;
    }

    private static void copy(InputStream from, ByteArrayOutputStream to) throws IOException {
        var buffer = new byte[64 * 1024];
        for (int n; (n = from.read(buffer)) >= 0; ) {
            to.write(buffer, 0, n);
        }
    }

    private boolean store(
            HttpExchange exchange, String bucket, JsonNode metadata, byte[] bytes, Map<String, String> hashes)
            throws IOException {
        var stored = described(metadata.path("name").asString(), bytes);
        var md5 = hashes.getOrDefault("md5", "");
        if (!md5.isEmpty() && !md5.equals(stored.path("md5Hash").asString())) {
            error(exchange, 400, "invalid", "Provided MD5 hash \"" + md5 + "\" doesn't match calculated MD5 hash.");
            return false;
        }
        var crc = hashes.getOrDefault("crc32c", "");
        if (!crc.isEmpty() && !crc.equals(stored.path("crc32c").asString())) {
            error(exchange, 400, "invalid", "Provided CRC32C \"" + crc + "\" doesn't match calculated CRC32C.");
            return false;
        }
        objects(bucket).put(metadata.path("name").asString(), new Stored(bytes, metadata));
        answer(exchange, 200, stored);
        return true;
    }

    private void api(HttpExchange exchange) throws IOException {
        var url = exchange.getRequestURI();
        var parts = url.getRawPath().split("/", -1);
        var bucket = parts[4];
        if (!buckets.containsKey(bucket)) {
            error(exchange, 404, "notFound", "The specified bucket does not exist.");
        } else if (parts.length == 6) {
            list(exchange, bucket);
        } else if (exchange.getRequestMethod().equals("DELETE")) {
            delete(exchange, bucket, URLDecoder.decode(parts[6], StandardCharsets.UTF_8));
        } else if ("media".equals(query(url).get("alt"))) {
            media(exchange, bucket, URLDecoder.decode(parts[6], StandardCharsets.UTF_8));
        } else {
            error(exchange, 405, "methodNotAllowed", "Not allowed");
        }
    }

    private void media(HttpExchange exchange, String bucket, String key) throws IOException {
        if (denied(exchange, "storage.objects.get")) {
            return;
        }
        var object = objects(bucket).get(key);
        if (object == null) {
            error(exchange, 404, "notFound", "No such object: " + bucket + "/" + key);
            return;
        }
        exchange.sendResponseHeaders(200, object.bytes().length == 0 ? -1 : object.bytes().length);
        exchange.getResponseBody().write(object.bytes());
    }

    /// Pages are small: a page may hold fewer than asked for, as Google says.
    private void list(HttpExchange exchange, String bucket) throws IOException {
        if (denied(exchange, "storage.objects.list")) {
            return;
        }
        var query = query(exchange.getRequestURI());
        long most = Math.min(PAGE, Long.parseLong(query.getOrDefault("maxResults", "1000")));
        var listed = JSON.createObjectNode();
        var items = listed.putArray("items");
        objects(bucket).entrySet().stream()
                .filter(it -> it.getKey().startsWith(query.getOrDefault("prefix", "")))
                .filter(it -> it.getKey().compareTo(query.getOrDefault("startOffset", "")) >= 0)
                .filter(it -> it.getKey().compareTo(query.getOrDefault("pageToken", "")) > 0)
                .limit(most)
                .forEach(it -> items.add(described(it.getKey(), it.getValue().bytes())));
        if (items.size() == most) {
            listed.put("nextPageToken", items.get(items.size() - 1).path("name").asString());
        }
        answer(exchange, 200, listed);
    }

    private void delete(HttpExchange exchange, String bucket, String key) throws IOException {
        if (denied(exchange, "storage.objects.delete")) {
            return;
        }
        if (objects(bucket).remove(key) == null) {
            error(exchange, 404, "notFound", "No such object: " + bucket + "/" + key);
            return;
        }
        exchange.sendResponseHeaders(204, -1);
    }

    /// Verifies a V4 signature from what arrived, as Google documents it.
    private void download(HttpExchange exchange) throws IOException, GeneralSecurityException {
        var url = exchange.getRequestURI();
        var raw = url.getRawQuery();
        var query = query(url);
        var signed = raw.substring(0, raw.indexOf("&X-Goog-Signature="));
        var stamp = query.getOrDefault("X-Goog-Date", "");
        var credential = query.getOrDefault("X-Goog-Credential", "");
        var request = "GET\n" + url.getRawPath() + "\n" + signed + "\nhost:"
                + exchange.getRequestHeaders().getFirst("Host") + "\n\nhost\nUNSIGNED-PAYLOAD";
        var hash = MessageDigest.getInstance("SHA-256").digest(request.getBytes(StandardCharsets.UTF_8));
        var text = "GOOG4-RSA-SHA256\n" + stamp + "\n" + credential.substring(EMAIL.length() + 1) + "\n"
                + HexFormat.of().formatHex(hash);
        var verify = Signature.getInstance("SHA256withRSA");
        verify.initVerify(KEYS.getPublic());
        verify.update(text.getBytes(StandardCharsets.UTF_8));
        var from = Instant.from(STAMP.parse(stamp));
        var until = from.plusSeconds(Long.parseLong(query.getOrDefault("X-Goog-Expires", "0")));
        if (!verify.verify(HexFormat.of().parseHex(query.getOrDefault("X-Goog-Signature", "")))) {
            error(exchange, 403, "SignatureDoesNotMatch", "SignatureDoesNotMatch");
        } else if (Instant.now().isAfter(until)) {
            error(exchange, 400, "ExpiredToken", "ExpiredToken");
        } else if (!denied(exchange, "storage.objects.get")) {
            var path = url.getPath().substring(1);
            var object = objects(path.substring(0, path.indexOf('/'))).get(path.substring(path.indexOf('/') + 1));
            if (object == null) {
                error(exchange, 404, "NoSuchKey", "NoSuchKey");
                return;
            }
            exchange.sendResponseHeaders(200, object.bytes().length == 0 ? -1 : object.bytes().length);
            exchange.getResponseBody().write(object.bytes());
        }
    }

    private boolean mustNotReplace(HttpExchange exchange, String bucket, JsonNode metadata) throws IOException {
        return objects(bucket).containsKey(metadata.path("name").asString())
                && denied(exchange, "storage.objects.delete");
    }

    private boolean denied(HttpExchange exchange, String permission) throws IOException {
        if (permissions.contains(permission)) {
            return false;
        }
        error(
                exchange,
                403,
                "forbidden",
                EMAIL + " does not have " + permission + " access to the Google Cloud Storage object. Permission '"
                        + permission + "' denied on resource (or it may not exist).");
        return true;
    }

    private static ObjectNode described(String name, byte[] bytes) {
        try {
            var crc = new CRC32C();
            crc.update(bytes);
            return JSON.createObjectNode()
                    .put("name", name)
                    .put("size", Long.toString(bytes.length))
                    .put(
                            "md5Hash",
                            Base64.getEncoder()
                                    .encodeToString(
                                            MessageDigest.getInstance("MD5").digest(bytes)))
                    .put(
                            "crc32c",
                            Base64.getEncoder()
                                    .encodeToString(ByteBuffer.allocate(4)
                                            .putInt((int) crc.getValue())
                                            .array()));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void error(HttpExchange exchange, int status, String reason, String message) throws IOException {
        var error = JSON.createObjectNode().put("code", status).put("message", message);
        error.putArray("errors")
                .addObject()
                .put("message", message)
                .put("domain", "global")
                .put("reason", reason);
        answer(exchange, status, JSON.createObjectNode().set("error", error));
    }

    private static void answer(HttpExchange exchange, int status, JsonNode body) throws IOException {
        var bytes = body.toString().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json; charset=UTF-8");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    private static Map<String, String> query(URI url) {
        return form(url.getRawQuery() == null ? "" : url.getRawQuery());
    }

    private static Map<String, String> form(String text) {
        var all = new LinkedHashMap<String, String>();
        for (var pair : text.split("&", -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                all.put(
                        URLDecoder.decode(pair.substring(0, equals), StandardCharsets.UTF_8),
                        URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
            }
        }
        return all;
    }

    private static KeyPair keys() {
        try {
            var generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
