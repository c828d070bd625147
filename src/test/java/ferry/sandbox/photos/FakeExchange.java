package ferry.sandbox.photos;

import static java.nio.charset.StandardCharsets.UTF_8;

import ferry.http.Exchange;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A request that was never on a wire, and what was answered.
public final class FakeExchange implements Exchange {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final String method;
    private final String path;
    private final String query;
    private final byte[] body;
    private final Map<String, String> asked = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    final Map<String, String> answered = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    public int status;
    private final ByteArrayOutputStream answer = new ByteArrayOutputStream();
    private long announced = -1;

    private FakeExchange(String method, String path, String query, String body) {
        this.method = method;
        this.path = path;
        this.query = query;
        this.body = body.getBytes(UTF_8);
    }

    public static FakeExchange post(String path, String body) {
        return new FakeExchange("POST", path, "", body);
    }

    public static FakeExchange get(String path, String query) {
        return new FakeExchange("GET", path, query, "");
    }

    public FakeExchange with(String header, String value) {
        asked.put(header, value);
        return this;
    }

    public byte[] bytes() {
        return answer.toByteArray();
    }

    /// What Content-Length said.
    long announced() {
        return announced;
    }

    public JsonNode json() {
        return JSON.readTree(bytes());
    }

    @Override
    public String method() {
        return method;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public String query() {
        return query;
    }

    @Override
    public Optional<String> header(String name) {
        return Optional.ofNullable(asked.get(name.toLowerCase(Locale.ROOT)));
    }

    @Override
    public List<String> headers(String name) {
        return header(name).stream().toList();
    }

    @Override
    public InputStream body() {
        return new ByteArrayInputStream(body);
    }

    @Override
    public Exchange set(String name, String value) {
        answered.put(name, value);
        return this;
    }

    @Override
    public Exchange add(String name, String value) {
        return set(name, value);
    }

    @Override
    public void respond(int code, byte[] content) {
        status = code;
        announced = content.length;
        answer.writeBytes(content);
    }

    @Override
    public OutputStream respond(int code, long length) {
        status = code;
        announced = length;
        return answer;
    }
}
