package ferry.bench.publish;

import ferry.storage.Intake;
import ferry.testing.TestS3;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.nio2blob.FilesystemNio2BlobStore;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;

/// The S3 server that files go to, in a process of its own. It checks signatures, and counts what lies in it past any
/// client. Its arguments: how many milliseconds away it is, and a folder to keep objects in, or
/// none for memory.
final class Bucket {
    /// All in one: the store walks its whole folder for each page.
    private static final int PAGE = 1_000_000;

    private Bucket() {}

    public static void main(String[] arguments) throws Exception {
        BlobStore store = arguments.length == 1 ? new TransientNio2BlobStore() : inFolder(arguments[1]);
        var server = S3Proxy.builder()
                .endpoint(URI.create("http://127.0.0.1:0"))
                .blobStore(store)
                .awsAuthentication(
                        AuthenticationType.AWS_V4,
                        TestS3.KEYS.id(),
                        TestS3.KEYS.secret().reveal())
                .v4MaxNonChunkedRequestSize(128 * 1024 * 1024)
                .build();
        server.start();
        while (!server.getState().equals("STARTED")) {
            Thread.onSpinWait();
        }
        int port = Distance.to(server.getPort(), Integer.parseInt(arguments[0]));
        Worker.serve(line -> answer(store, port, line.split(" ", -1)));
        System.exit(0);
    }

    private static BlobStore inFolder(String folder) throws IOException {
        Files.createDirectories(Path.of(folder));
        return new FilesystemNio2BlobStore(folder);
    }

    private static String answer(BlobStore store, int port, String[] order) throws Exception {
        return switch (order[0]) {
            case "url" -> "http://127.0.0.1:" + port;
            case "create" -> {
                store.createContainer(order[1]);
                yield "created";
            }
            case "drop" -> {
                store.deleteContainer(order[1]);
                System.gc();
                yield "dropped";
            }
            case "files" -> contents(store, order[1], true).line();
            case "all" -> contents(store, order[1], false).line();
            case "count" -> Integer.toString(count(store, order[1]));
            default -> throw new IllegalArgumentException(order[0]);
        };
    }

    private static int count(BlobStore store, String bucket) {
        int objects = 0;
        String after = null;
        do {
            var page = store.list(ListObjectsV2Request.builder()
                    .bucket(bucket)
                    .maxKeys(PAGE)
                    .continuationToken(after)
                    .build());
            objects += (int) page.contents().stream()
                    .filter(it -> !it.key().endsWith("/"))
                    .count();
            after = page.nextContinuationToken();
        } while (after != null);
        return objects;
    }

    /// @param filesOnly whether Ferry's feeds are left out
    private static Load.Contents contents(BlobStore store, String bucket, boolean filesOnly) throws Exception {
        var all = new Load.Contents.Sum();
        String after = null;
        do {
            var request =
                    ListObjectsV2Request.builder().bucket(bucket).maxKeys(PAGE).continuationToken(after);
            var page = store.list(request.build());
            for (var object : page.contents()) {
                if (object.key().endsWith("/") || (filesOnly && !object.key().contains("/files/"))) {
                    continue;
                }
                try (var bytes = store.getBlob(bucket, object.key())) {
                    all.add(object.size(), HexFormat.of().parseHex(Intake.md5Hex(bytes)));
                }
            }
            after = page.nextContinuationToken();
        } while (after != null);
        return all.contents(store.listMultipartUploads(bucket).size());
    }
}
