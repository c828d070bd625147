package ferry.testing;

import ferry.crypto.Secret;
import ferry.storage.s3.AccessKeys;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.blobstore.BlobStore;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Request;
import software.amazon.awssdk.services.s3.model.MultipartUpload;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Object;

/// An S3 server that checks signatures and keeps objects in memory.
public final class TestS3 implements AutoCloseable {
    /// The keys it knows.
    public static final AccessKeys KEYS = new AccessKeys(
            "AKIDEXAMPLE", new Secret("wJalrXUtnFEMI/K7MDENG"), Optional.empty(), Optional.empty(), List.of());

    /// What the store below names its own object for each unfinished upload, which the server shows nobody.
    private static final String UPLOAD_UNDER_WAY = ".s3proxy-mpu-stub-";

    private final BlobStore objects = new TransientNio2BlobStore();
    private final S3Proxy server;

    private TestS3(S3Proxy.Builder builder) throws Exception {
        this.server = builder.blobStore(objects)
                .awsAuthentication(
                        AuthenticationType.AWS_V4, KEYS.id(), KEYS.secret().reveal())
                .build();
        server.start();
        while (!server.getState().equals("STARTED")) {
            Thread.onSpinWait();
        }
    }

    /// Starts it with one empty bucket.
    public static TestS3 start(String bucket) {
        try {
            var started = new TestS3(S3Proxy.builder().endpoint(URI.create("http://127.0.0.1:0")));
            started.objects.createContainer(bucket);
            return started;
        } catch (Exception e) {
            throw new IllegalStateException("the S3 server did not start", e);
        }
    }

    /// The same over TLS, with the certificate of a key store.
    public static TestS3 startSecure(String bucket, java.nio.file.Path keystore, String password) {
        try {
            var started = new TestS3(S3Proxy.builder()
                    .secureEndpoint(URI.create("https://127.0.0.1:0"))
                    .keyStore(keystore.toString(), password));
            started.objects.createContainer(bucket);
            return started;
        } catch (Exception e) {
            throw new IllegalStateException("the S3 server did not start", e);
        }
    }

    /// Where it answers over TLS.
    public URI secureUrl() {
        return URI.create("https://127.0.0.1:" + server.getSecurePort());
    }

    /// Where it answers.
    public URI url() {
        return URI.create("http://127.0.0.1:" + port());
    }

    /// The port of [#url].
    public int port() {
        return server.getPort();
    }

    /// Makes another bucket.
    public void create(String bucket) {
        objects.createContainer(bucket);
    }

    /// The keys of all objects that a client sees: neither folders nor the stubs of uploads under way.
    public List<String> keys(String bucket) {
        var all = new ArrayList<String>();
        Optional<String> after = Optional.empty();
        do {
            var page = objects.list(ListObjectsV2Request.builder()
                    .bucket(bucket)
                    .maxKeys(1000)
                    .continuationToken(after.orElse(null))
                    .build());
            page.contents().stream()
                    .map(S3Object::key)
                    .filter(key -> !key.endsWith("/") && !key.startsWith(UPLOAD_UNDER_WAY))
                    .forEach(all::add);
            after = Optional.ofNullable(page.nextContinuationToken());
        } while (after.isPresent());
        return all;
    }

    /// Takes an object away, past any client.
    public void delete(String bucket, String key) {
        objects.removeBlob(bucket, key);
    }

    /// An object's bytes, past any client; empty where there is none.
    public Optional<InputStream> open(String bucket, String key) throws IOException {
        try {
            return Optional.ofNullable(objects.getBlob(bucket, key));
        } catch (NoSuchKeyException _) {
            return Optional.empty();
        }
    }

    /// What it keeps beside an object.
    public java.util.Map<String, String> labels(String bucket, String key) {
        return objects.blobMetadata(bucket, key).metadata();
    }

    /// What type it gives an object.
    public String mediaType(String bucket, String key) {
        return objects.blobMetadata(bucket, key).contentType();
    }

    /// Takes a bucket away, with all that is in it.
    public void drop(String bucket) {
        objects.deleteContainer(bucket);
    }

    /// The keys of uploads in parts that are neither completed nor aborted.
    public List<String> unfinishedKeys(String bucket) {
        return objects.listMultipartUploads(bucket).stream()
                .map(MultipartUpload::key)
                .toList();
    }

    /// How many uploads in parts are neither completed nor aborted.
    public int unfinished(String bucket) {
        return objects.listMultipartUploads(bucket).size();
    }

    @Override
    public void close() {
        try {
            server.stop();
        } catch (Exception e) {
            throw new IllegalStateException("the S3 server did not stop", e);
        }
    }
}
