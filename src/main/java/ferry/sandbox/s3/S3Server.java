package ferry.sandbox.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import ferry.http.Exchange;
import ferry.http.WebServer;
import ferry.sandbox.s3.Signatures.Signed;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.BindException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/// A store that speaks S3 on one port, addressed by path. Started by [#start]; whoever started it closes it. What
/// it holds ends with it: the folder only keeps the bytes meanwhile.
public final class S3Server implements AutoCloseable {
    /// The keys it knows; no secret, since it holds nothing of anybody's.
    public static final String ACCESS_KEY_ID = "AKIAFERRYSANDBOX0001";

    public static final String SECRET_ACCESS_KEY = "ferry-sandbox-secret-access-key";
    /// The bucket that is there from the start and has nothing wrong with it.
    public static final String BUCKET = "getting-started";

    private static final String REGION = "us-east-1";
    private static final String ELSEWHERE = "eu-central-1";
    private static final String META = "x-amz-meta-";
    private static final int LONGEST_KEY = 1024;
    private static final int MOST_PARTS = 10_000;
    private static final int PAGE = 1000;
    private static final int PIECE = 64 * 1024;
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d{1,18})-(\\d{1,18})?");
    private static final DateTimeFormatter HTTP_DATE = DateTimeFormatter.RFC_1123_DATE_TIME.withZone(ZoneOffset.UTC);

    private final Path folder;
    private final InstantSource clock;
    private final Signatures signatures;
    private final Map<String, Bucket> buckets = new ConcurrentHashMap<>();
    private final WebServer server;

    private S3Server(String host, int port, Path folder, InstantSource clock) throws BindException {
        this.folder = folder;
        this.clock = clock;
        signatures = new Signatures(ACCESS_KEY_ID, SECRET_ACCESS_KEY, clock);
        buckets.put(BUCKET, new Bucket(folder, Quirk.NONE));
        buckets.put("no-writes", new Bucket(folder, Quirk.NO_WRITES));
        buckets.put("no-deletes", new Bucket(folder, Quirk.NO_DELETES));
        buckets.put("elsewhere", new Bucket(folder, Quirk.ELSEWHERE));
        buckets.put("busy", new Bucket(folder, Quirk.BUSY));
        server = WebServer.start(host, port, this::handle);
    }

    /// Starts to listen.
    ///
    /// @param port 0 for a free one
    /// @param folder made if need be; who starts it removes it afterwards
    /// @throws BindException where the port is taken
    public static S3Server start(String host, int port, Path folder, InstantSource clock) throws IOException {
        Files.createDirectories(folder);
        return new S3Server(host, port, folder, clock);
    }

    /// The endpoint, such as `http://127.0.0.1:9000`.
    public URI url() {
        return URI.create(server.url());
    }

    @Override
    public void close() {
        server.close();
    }

    /// Makes a bucket with nothing wrong; does nothing where it exists.
    public void create(String bucket) {
        buckets.putIfAbsent(bucket, new Bucket(folder, Quirk.NONE));
    }

    /// The keys of all objects of a bucket, in their order.
    public List<String> keys(String bucket) {
        return known(bucket).list("", "").stream().map(Map.Entry::getKey).toList();
    }

    /// An object's bytes, past any client; empty where there is none. Whoever asks closes the stream.
    public Optional<InputStream> open(String bucket, String key) throws IOException {
        try {
            return Optional.of(known(bucket).open(key));
        } catch (S3Refusal _) {
            return Optional.empty();
        }
    }

    /// How many uploads in parts of a bucket are neither completed nor aborted.
    public int unfinished(String bucket) {
        return known(bucket).uploads("").size();
    }

    private Bucket known(String bucket) {
        return Objects.requireNonNull(buckets.get(bucket), "no such bucket");
    }

    private void handle(Exchange exchange) throws Exception {
        exchange.set("x-amz-request-id", UUID.randomUUID().toString());
        exchange.set("Date", HTTP_DATE.format(clock.instant()));
        var body = exchange.body();
        try {
            var request = S3Request.of(exchange, body);
            route(request, signatures.check(request));
        } catch (S3Refusal e) {
            body.transferTo(OutputStream.nullOutputStream());
            xml(exchange, e.error().status, "Error", it -> {
                it.text("Code", e.error().code).text("Message", Objects.requireNonNull(e.getMessage()));
                e.details().forEach(it::text);
            });
        }
    }

    private void route(S3Request request, Signed signed) throws IOException, S3Refusal {
        if (request.bucket().isEmpty()) {
            allBuckets(request);
        } else if (request.key().isEmpty()) {
            bucket(request, signed);
        } else {
            object(request, signed, bucket(request.bucket(), signed));
        }
    }

    private void allBuckets(S3Request request) throws S3Refusal {
        if (!request.exchange().method().equals("GET")) {
            throw new S3Refusal(S3Error.METHOD_NOT_ALLOWED);
        }
        xml(
                request.exchange(),
                200,
                "ListAllMyBucketsResult",
                all -> all.element(
                        "Buckets",
                        it -> buckets.keySet().stream()
                                .sorted()
                                .forEach(name -> it.element("Bucket", one -> one.text("Name", name)))));
    }

    /// @throws S3Refusal where there is none, or it lies in another region
    private Bucket bucket(String name, Signed signed) throws S3Refusal {
        var bucket = buckets.get(name);
        if (bucket == null) {
            throw new S3Refusal(S3Error.NO_SUCH_BUCKET);
        }
        if (bucket.is(Quirk.ELSEWHERE) && !signed.region().equals(ELSEWHERE)) {
            throw new S3Refusal(
                    S3Error.AUTHORIZATION_HEADER_MALFORMED,
                    "The authorization header is malformed; the region '" + signed.region() + "' is wrong; expecting '"
                            + ELSEWHERE + "'",
                    Map.of("Region", ELSEWHERE));
        }
        return bucket;
    }

    private void bucket(S3Request request, Signed signed) throws S3Refusal {
        var exchange = request.exchange();
        if (exchange.method().equals("PUT") && request.query().isEmpty()) {
            make(request);
            return;
        }
        var bucket = bucket(request.bucket(), signed);
        exchange.set("x-amz-bucket-region", bucket.is(Quirk.ELSEWHERE) ? ELSEWHERE : REGION);
        switch (exchange.method()) {
            case "HEAD" -> exchange.respond(200, new byte[0]);
            case "GET" -> {
                if (request.has("uploads")) {
                    uploads(request, bucket);
                } else if (request.has("location")) {
                    xml(exchange, 200, "LocationConstraint", it -> {});
                } else if (request.has("list-type")) {
                    list(request, bucket);
                } else {
                    throw new S3Refusal(S3Error.NOT_IMPLEMENTED);
                }
            }
            default -> throw new S3Refusal(S3Error.METHOD_NOT_ALLOWED);
        }
    }

    private void make(S3Request request) throws S3Refusal {
        if (!NAME.matcher(request.bucket()).matches()) {
            throw new S3Refusal(S3Error.INVALID_BUCKET_NAME);
        }
        if (buckets.putIfAbsent(request.bucket(), new Bucket(folder, Quirk.NONE)) != null) {
            throw new S3Refusal(S3Error.BUCKET_ALREADY_OWNED);
        }
        request.exchange().set("Location", "/" + request.bucket()).respond(200, new byte[0]);
    }

    private void object(S3Request request, Signed signed, Bucket bucket) throws IOException, S3Refusal {
        if (request.key().getBytes(UTF_8).length > LONGEST_KEY) {
            throw new S3Refusal(S3Error.KEY_TOO_LONG);
        }
        var exchange = request.exchange();
        switch (exchange.method()) {
            case "GET", "HEAD" -> read(request, bucket);
            case "PUT" -> {
                if (exchange.header("x-amz-copy-source").isPresent()) {
                    throw new S3Refusal(S3Error.NOT_IMPLEMENTED);
                }
                bucket.admitWrite();
                if (request.has("uploadId")) {
                    part(request, signed, bucket);
                } else {
                    put(request, signed, bucket);
                }
            }
            case "POST" -> {
                bucket.admitWrite();
                if (request.has("uploads")) {
                    begin(request, signed, bucket);
                } else if (request.has("uploadId")) {
                    complete(request, bucket);
                } else {
                    throw new S3Refusal(S3Error.METHOD_NOT_ALLOWED);
                }
            }
            case "DELETE" -> {
                if (request.has("uploadId")) {
                    bucket.abort(parameter(request, "uploadId"), request.key());
                } else if (bucket.is(Quirk.NO_DELETES)) {
                    throw new S3Refusal(S3Error.ACCESS_DENIED);
                } else {
                    bucket.delete(request.key());
                }
                exchange.respond(204, new byte[0]);
            }
            default -> throw new S3Refusal(S3Error.METHOD_NOT_ALLOWED);
        }
    }

    private void put(S3Request request, Signed signed, Bucket bucket) throws IOException, S3Refusal {
        var got = Received.of(request, signed, bucket.newFile());
        bucket.put(
                request.key(),
                new StoredObject(
                        got.content(), got.length(), got.eTag(), mediaType(request), labels(request, signed), now()));
        request.exchange().set("ETag", '"' + got.eTag() + '"').respond(200, new byte[0]);
    }

    private void begin(S3Request request, Signed signed, Bucket bucket) {
        var upload = bucket.begin(request.key(), mediaType(request), labels(request, signed), now());
        xml(
                request.exchange(),
                200,
                "InitiateMultipartUploadResult",
                it -> it.text("Bucket", request.bucket())
                        .text("Key", request.key())
                        .text("UploadId", upload.id()));
    }

    private void part(S3Request request, Signed signed, Bucket bucket) throws IOException, S3Refusal {
        var number = parameter(request, "partNumber");
        if (!number.matches("\\d{1,5}") || Integer.parseInt(number) < 1 || Integer.parseInt(number) > MOST_PARTS) {
            throw new S3Refusal(S3Error.INVALID_REQUEST);
        }
        var id = parameter(request, "uploadId");
        bucket.upload(id, request.key());
        var got = Received.of(request, signed, bucket.newFile());
        try {
            bucket.part(
                    id,
                    request.key(),
                    Integer.parseInt(number),
                    new StoredObject(got.content(), got.length(), got.eTag(), "", Map.of(), now()));
        } catch (S3Refusal e) {
            // the upload has ended meanwhile
            Files.deleteIfExists(got.content());
            throw e;
        }
        request.exchange().set("ETag", '"' + got.eTag() + '"').respond(200, new byte[0]);
    }

    private void complete(S3Request request, Bucket bucket) throws IOException, S3Refusal {
        var listed = Xml.parts(request.body());
        var object = bucket.complete(parameter(request, "uploadId"), request.key(), listed, now());
        xml(
                request.exchange(),
                200,
                "CompleteMultipartUploadResult",
                it -> it.text("Bucket", request.bucket())
                        .text("Key", request.key())
                        .text("ETag", '"' + object.eTag() + '"'));
    }

    private void read(S3Request request, Bucket bucket) throws IOException, S3Refusal {
        try (var in = bucket.open(request.key())) {
            var object = bucket.find(request.key()).orElseThrow(() -> new S3Refusal(S3Error.NO_SUCH_KEY));
            var exchange = request.exchange();
            exchange.set("ETag", '"' + object.eTag() + '"')
                    .set("Last-Modified", HTTP_DATE.format(object.modified()))
                    .set("Content-Type", object.mediaType())
                    .set("Accept-Ranges", "bytes");
            object.labels().forEach((name, value) -> exchange.set(META + name, value));
            var range = RANGE.matcher(request.header("Range").orElse(""));
            if (!range.matches()) {
                send(exchange, in, 200, object.length());
                return;
            }
            long from = Long.parseLong(range.group(1));
            long last = range.group(2) == null ? Long.MAX_VALUE : Long.parseLong(range.group(2));
            if (from >= object.length() || last < from) {
                throw new S3Refusal(S3Error.INVALID_RANGE);
            }
            long to = Math.min(last, object.length() - 1) + 1;
            in.skipNBytes(from);
            exchange.set("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + object.length());
            send(exchange, in, 206, to - from);
        }
    }

    private static void send(Exchange exchange, InputStream in, int status, long length) throws IOException {
        try (var out = exchange.respond(status, length)) {
            var piece = new byte[PIECE];
            for (long left = length; left > 0 && !exchange.method().equals("HEAD"); ) {
                int read = in.read(piece, 0, (int) Math.min(piece.length, left));
                if (read < 0) {
                    throw new IOException("the object is shorter than it was");
                }
                out.write(piece, 0, read);
                left -= read;
            }
        }
    }

    private void list(S3Request request, Bucket bucket) throws S3Refusal {
        var most = request.parameter("max-keys")
                .filter(it -> it.matches("\\d{1,4}"))
                .map(Integer::parseInt);
        var page = Listing.of(
                bucket,
                request.parameter("prefix").orElse(""),
                request.parameter("delimiter").orElse(""),
                request.parameter("continuation-token")
                        .or(() -> request.parameter("start-after"))
                        .orElse(""),
                Math.min(PAGE, most.orElse(PAGE)));
        var encoded = request.parameter("encoding-type").orElse("").equals("url");
        xml(request.exchange(), 200, "ListBucketResult", it -> {
            it.text("Name", request.bucket())
                    .text("Prefix", shown(request.parameter("prefix").orElse(""), encoded))
                    .text("KeyCount", page.objects().size() + page.folders().size())
                    .text("MaxKeys", PAGE)
                    .text("IsTruncated", page.next().isPresent());
            request.parameter("delimiter").ifPresent(by -> it.text("Delimiter", shown(by, encoded)));
            if (encoded) {
                it.text("EncodingType", "url");
            }
            page.next().ifPresent(next -> it.text("NextContinuationToken", next));
            page.objects()
                    .forEach((key, object) -> it.element(
                            "Contents",
                            one -> one.text("Key", shown(key, encoded))
                                    .text("LastModified", object.modified())
                                    .text("ETag", '"' + object.eTag() + '"')
                                    .text("Size", object.length())
                                    .text("StorageClass", "STANDARD")));
            page.folders()
                    .forEach(prefix -> it.element("CommonPrefixes", one -> one.text("Prefix", shown(prefix, encoded))));
        });
    }

    private static void uploads(S3Request request, Bucket bucket) {
        var encoded = request.parameter("encoding-type").orElse("").equals("url");
        xml(request.exchange(), 200, "ListMultipartUploadsResult", it -> {
            it.text("Bucket", request.bucket()).text("IsTruncated", false);
            if (encoded) {
                it.text("EncodingType", "url");
            }
            for (var upload : bucket.uploads(request.parameter("prefix").orElse(""))) {
                it.element(
                        "Upload",
                        one -> one.text("Key", shown(upload.key(), encoded))
                                .text("UploadId", upload.id())
                                .text("Initiated", upload.begun()));
            }
        });
    }

    private static String shown(String key, boolean encoded) {
        return encoded ? S3Request.encoded(key).replace("%2F", "/") : key;
    }

    private static String parameter(S3Request request, String name) throws S3Refusal {
        return request.parameter(name).orElseThrow(() -> new S3Refusal(S3Error.INVALID_REQUEST));
    }

    private static String mediaType(S3Request request) {
        return request.header("Content-Type").orElse("binary/octet-stream");
    }

    /// Each is signed, so that the signed names tell them.
    private static Map<String, String> labels(S3Request request, Signed signed) {
        var labels = new LinkedHashMap<String, String>();
        for (var name : signed.headers()) {
            if (name.startsWith(META)) {
                labels.put(name.substring(META.length()), request.header(name).orElse(""));
            }
        }
        return labels;
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    private static void xml(Exchange exchange, int status, String root, Consumer<Xml> children) {
        exchange.set("Content-Type", "application/xml").respond(status, Xml.of(root, children));
    }
}
