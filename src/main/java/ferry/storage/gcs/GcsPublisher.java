package ferry.storage.gcs;

import ferry.egress.Call;
import ferry.egress.Outbound;
import ferry.storage.About;
import ferry.storage.ObjectKey;
import ferry.storage.PartBuffers;
import ferry.storage.PartedUpload;
import ferry.storage.PublishException;
import ferry.storage.Publisher;
import ferry.storage.Reach;
import ferry.storage.Upload;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.Optional;

/// A bucket of Google Cloud Storage.
///
/// An object of up to one part is put in one request with its MD5 and CRC32C; a larger one through a resumable
/// session, which is asked where it stands when a part fails, and which shows the object only with its last bytes
/// and both checksums ([GcsObject]). Works with the roles Storage Object Creator and Storage Legacy Bucket Reader
/// alone: what lies in the bucket is learned by listing, and an object that must not be replaced is fine if it is
/// the same.
public final class GcsPublisher implements Publisher {
    static final URI GOOGLE = URI.create("https://storage.googleapis.com");

    private final GcsBucket bucket;
    private final GcsCalls calls;
    private final PartBuffers buffers;
    private final Optional<Outbound> own;

    private GcsPublisher(GcsBucket bucket, PartBuffers buffers, Optional<Outbound> own) {
        this.bucket = bucket;
        this.calls = bucket.calls();
        this.buffers = buffers;
        this.own = own;
    }

    /// Asks nobody yet.
    ///
    /// @param endpoint another way to the store than the public one
    public static GcsPublisher open(String bucket, Optional<URI> endpoint, ServiceAccount account, Reach reach) {
        Optional<Outbound> own = account.authorities().isEmpty()
                ? Optional.empty()
                : Optional.of(reach.outbound().trusting(account.authorities()));
        var outbound = own.orElse(reach.outbound());
        var where = endpoint.map(URI::getAuthority).orElse("Google Cloud Storage");
        var lanes = reach.lanes().to(where + "/" + bucket);
        var tokens = new Tokens(account, outbound, reach.clock(), reach.retries());
        var calls = new GcsCalls(bucket, where, account, outbound, lanes, tokens, reach.retries());
        return new GcsPublisher(
                new GcsBucket(bucket, endpoint.orElse(GOOGLE), calls), lanes.share(reach.buffers()), own);
    }

    @Override
    public Upload begin(ObjectKey key, About about) {
        var object = new GcsObject(bucket, key.toString(), about);
        return new PartedUpload(object, about.staysOpen() ? PartBuffers.ofOne() : buffers);
    }

    @Override
    public URI url(ObjectKey key) {
        try {
            return new URI("gs", bucket.name(), "/" + key, null, null);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("a checked bucket and key are always a URI", e);
        }
    }

    @Override
    public boolean worksWithoutDeleting() {
        return true;
    }

    @Override
    public boolean worksWithoutReading() {
        return true;
    }

    /// Where the account may not delete, an object that is not there is fine all the same.
    @Override
    public void delete(ObjectKey key) throws PublishException, InterruptedException {
        var url = bucket.objects("/" + GcsBucket.encoded(key.toString()));
        var reply = calls.send(() -> Call.delete(url));
        if (reply.status() == 404 || reply.status() / 100 == 2) {
            return;
        }
        if (reply.status() == 403 && head(key).isEmpty()) {
            return;
        }
        throw calls.failure(GcsAction.DELETE, reply);
    }

    /// Lists, since reading an object's own metadata takes a permission more.
    @Override
    public Optional<Head> head(ObjectKey key) throws PublishException, InterruptedException {
        return bucket.head(key.toString());
    }

    @Override
    public Optional<byte[]> read(ObjectKey key, int atMost) throws PublishException, InterruptedException {
        var url = bucket.objects("/" + GcsBucket.encoded(key.toString()) + "?alt=media");
        var reply = calls.send(() -> Call.get(url));
        return switch (reply.status()) {
            case 200 -> Optional.of(Arrays.copyOf(reply.bytes(), Math.min(atMost, reply.bytes().length)));
            case 404 -> Optional.empty();
            default -> throw calls.failure(GcsAction.READ, reply);
        };
    }

    @Override
    public void list(String prefix, Listed each) throws PublishException, InterruptedException {
        var token = "";
        do {
            var url = bucket.objects("?fields=items(name),nextPageToken&prefix=" + GcsBucket.encoded(prefix)
                    + (token.isEmpty() ? "" : "&pageToken=" + GcsBucket.encoded(token)));
            var reply = calls.send(() -> Call.get(url));
            if (reply.status() != 200) {
                throw calls.failure(GcsAction.HEAD, reply);
            }
            for (var item : reply.body().path("items")) {
                each.key(item.path("name").asString(""));
            }
            token = reply.body().path("nextPageToken").asString("");
        } while (!token.isEmpty());
    }

    @Override
    public void close() {
        own.ifPresent(Outbound::close);
    }
}
