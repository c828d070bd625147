package ferry.sandbox.s3;

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
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
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
    private static final int PAGE = 1000;
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
    static final DateTimeFormatter HTTP_DATE = DateTimeFormatter.RFC_1123_DATE_TIME.withZone(ZoneOffset.UTC);

    private final Path folder;
    private final InstantSource clock;
    private final Signatures signatures;
    private final Map<String, Bucket> buckets = new ConcurrentHashMap<>();
    private final ObjectCalls objects;
    private final WebServer server;

    private S3Server(String host, int port, Path folder, InstantSource clock) throws BindException {
        this.folder = folder;
        this.clock = clock;
        objects = new ObjectCalls(clock);
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
            return Optional.of(known(bucket).open(key).bytes());
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
            objects.answer(request, signed, bucket(request.bucket(), signed));
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

    static void xml(Exchange exchange, int status, String root, Consumer<Xml> children) {
        exchange.set("Content-Type", "application/xml").respond(status, Xml.of(root, children));
    }
}
