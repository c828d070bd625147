package ferry.bench.publish;

import ferry.testing.TestS3;
import java.net.URI;
import java.util.ArrayList;
import java.util.Base64;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/// Puts bytes that it has, with the SDK that Ferry uses and nothing else: what the server and the SDK allow on this
/// machine. Each put has its MD5, as Ferry's have.
final class PutLoop {
    private static final int PART = 8 * 1024 * 1024;

    private final S3Client client;

    private PutLoop(String endpoint) {
        client = S3Client.builder()
                .httpClient(UrlConnectionHttpClient.create())
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(
                        TestS3.KEYS.id(), TestS3.KEYS.secret().reveal())))
                .region(Region.US_EAST_1)
                .endpointOverride(URI.create(endpoint))
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .serviceConfiguration(it -> it.chunkedEncodingEnabled(false)
                        .expectContinueEnabled(false)
                        .pathStyleAccessEnabled(true))
                .build();
    }

    public static void main(String[] arguments) throws Exception {
        var loop = new PutLoop(arguments[0]);
        Worker.serve(line -> loop.answer(line.split(" ", -1)));
    }

    private String answer(String[] order) throws Exception {
        var load = Load.of(order[2]);
        boolean inParts = order[0].equals("parts");
        var next = new AtomicInteger();
        int parallel = Integer.parseInt(order[3]);
        long start = System.nanoTime();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var running = new ArrayList<Future<?>>();
            for (int i = 0; i < parallel; i++) {
                running.add(threads.submit(() -> {
                    for (int file = next.getAndIncrement(); file < load.objects(); file = next.getAndIncrement()) {
                        if (inParts) {
                            parts(order[1], file, load);
                        } else {
                            put(order[1], file, load);
                        }
                    }
                    return null;
                }));
            }
            for (var each : running) {
                each.get();
            }
        }
        return Long.toString(System.nanoTime() - start);
    }

    private void put(String bucket, int file, Load load) {
        var bytes = load.whole(file);
        client.putObject(
                it -> it.bucket(bucket).key(file + ".bin").contentMD5(md5(bytes)), RequestBody.fromBytes(bytes));
    }

    private void parts(String bucket, int file, Load load) {
        var key = file + ".bin";
        var id = client.createMultipartUpload(it -> it.bucket(bucket).key(key)).uploadId();
        var done = new ArrayList<CompletedPart>();
        for (long position = 0; position < load.size(); position += PART) {
            var bytes = new byte[(int) Math.min(PART, load.size() - position)];
            load.read(file, position, bytes);
            int number = done.size() + 1;
            var sent = client.uploadPart(
                    it -> it.bucket(bucket)
                            .key(key)
                            .uploadId(id)
                            .partNumber(number)
                            .contentMD5(md5(bytes)),
                    RequestBody.fromBytes(bytes));
            done.add(
                    CompletedPart.builder().partNumber(number).eTag(sent.eTag()).build());
        }
        client.completeMultipartUpload(
                it -> it.bucket(bucket).key(key).uploadId(id).multipartUpload(all -> all.parts(done)));
    }

    private static String md5(byte[] bytes) {
        return Base64.getEncoder().encodeToString(Load.md5().digest(bytes));
    }
}
