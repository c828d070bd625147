package ferry.sandbox.s3;

import static java.nio.charset.StandardCharsets.UTF_8;

import ferry.http.Exchange;
import ferry.sandbox.s3.Signatures.Signed;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;

/// The calls on an object: reading, putting, deleting it, and the upload in parts.
record ObjectCalls(InstantSource clock) {
    private static final String META = "x-amz-meta-";
    private static final int LONGEST_KEY = 1024;
    private static final int MOST_PARTS = 10_000;
    private static final int PIECE = 64 * 1024;
    private static final Pattern RANGE = Pattern.compile("bytes=(\\d{1,18})-(\\d{1,18})?");

    /// Answers one.
    ///
    /// @param bucket the request's
    void answer(S3Request request, Signed signed, Bucket bucket) throws IOException, S3Refusal {
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
        S3Server.xml(
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
        S3Server.xml(
                request.exchange(),
                200,
                "CompleteMultipartUploadResult",
                it -> it.text("Bucket", request.bucket())
                        .text("Key", request.key())
                        .text("ETag", '"' + object.eTag() + '"'));
    }

    private void read(S3Request request, Bucket bucket) throws IOException, S3Refusal {
        try (var opened = bucket.open(request.key())) {
            var object = opened.object();
            var in = opened.bytes();
            var exchange = request.exchange();
            exchange.set("ETag", '"' + object.eTag() + '"')
                    .set("Last-Modified", S3Server.HTTP_DATE.format(object.modified()))
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
}
