package ferry.storage.s3;

import ferry.egress.Outbound;
import ferry.storage.About;
import ferry.storage.ObjectKey;
import ferry.storage.PartBuffers;
import ferry.storage.PartedUpload;
import ferry.storage.PublishException;
import ferry.storage.Publisher;
import ferry.storage.Reach;
import ferry.storage.Retries;
import ferry.storage.Upload;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

/// A bucket of S3.
///
/// An object of up to one part is put in one request with its MD5; a larger one as a multipart upload, each part
/// with its own check ([PartCheck]) and a few at once, completed when the caller commits ([S3Object]). A part that
/// fails is sent
/// again, not the object. An upload that is closed without a commit is aborted; what a killed process leaves,
/// [UnfinishedParts] aborts.
public final class S3Publisher implements Publisher {
    private final S3Store store;
    private final S3Calls calls;
    private final SinglePut singlePut;
    private final PartChecks checks;
    private final PartBuffers buffers;
    private final Retries retries;
    private final Optional<Outbound> own;

    private S3Publisher(
            S3Store store,
            S3Calls calls,
            SinglePut singlePut,
            PartBuffers buffers,
            Retries retries,
            Optional<Outbound> own) {
        this.store = store;
        this.calls = calls;
        this.singlePut = singlePut;
        this.checks = new PartChecks(store);
        this.buffers = buffers;
        this.retries = retries;
        this.own = own;
    }

    /// Asks nobody yet.
    public static S3Publisher open(S3Store store, Reach reach) {
        var authorities = store.keys().authorities();
        Optional<Outbound> own = authorities.isEmpty()
                ? Optional.empty()
                : Optional.of(reach.outbound().trusting(authorities));
        var outbound = own.orElse(reach.outbound());
        var keys = new KeysInUse(store, outbound, reach.clock(), reach.retries());
        var lanes = reach.lanes().to(store.where() + "/" + store.bucket());
        var http = new GuardedHttp(outbound, lanes);
        return new S3Publisher(
                store,
                new S3Calls(store, keys, http, reach.retries(), new S3Failures(store, reach.clock())),
                new SinglePut(store, keys, outbound, lanes),
                lanes.share(reach.buffers()),
                reach.retries(),
                own);
    }

    @Override
    public Upload begin(ObjectKey key, About about) {
        var object = new S3Object(key, about, calls, singlePut, checks, retries);
        return new PartedUpload(object, about.staysOpen() ? PartBuffers.ofOne() : buffers);
    }

    @Override
    public URI url(ObjectKey key) {
        try {
            return new URI("s3", store.bucket(), "/" + key, null, null);
        } catch (URISyntaxException e) {
            throw new IllegalStateException("a checked bucket and key are always a URI", e);
        }
    }

    @Override
    public void delete(ObjectKey key) throws PublishException, InterruptedException {
        calls.attempt(
                S3Action.DELETE,
                client -> client.deleteObject(it -> it.bucket(store.bucket()).key(key.toString())));
    }

    @Override
    public Optional<Head> head(ObjectKey key) throws PublishException, InterruptedException {
        return calls.attempt(S3Action.HEAD, client -> {
            try {
                var head = client.headObject(it -> it.bucket(store.bucket()).key(key.toString()));
                return Optional.of(new Head(head.contentLength(), S3Object.md5(head.eTag())));
            } catch (NoSuchKeyException _) {
                return Optional.<Head>empty();
            }
        });
    }

    @Override
    public Optional<byte[]> read(ObjectKey key, int atMost) throws PublishException, InterruptedException {
        return calls.attempt(S3Action.HEAD, client -> {
            try (var object = client.getObject(it -> it.bucket(store.bucket()).key(key.toString()))) {
                return Optional.of(object.readNBytes(atMost));
            } catch (NoSuchKeyException _) {
                return Optional.<byte[]>empty();
            } catch (IOException e) {
                throw SdkClientException.create("the answer broke off", e);
            }
        });
    }

    @Override
    public void list(String prefix, Listed each) throws PublishException, InterruptedException {
        Optional<String> token = Optional.empty();
        do {
            var from = token;
            var page = calls.attempt(
                    S3Action.LIST,
                    client -> client.listObjectsV2(
                            it -> it.bucket(store.bucket()).prefix(prefix).continuationToken(from.orElse(null))));
            for (var object : page.contents()) {
                each.key(object.key());
            }
            token = Optional.ofNullable(page.nextContinuationToken());
        } while (token.isPresent());
    }

    /// Lists unfinished uploads and objects, and aborts an upload that there is not.
    @Override
    public List<String> lacks(String prefix) throws PublishException, InterruptedException {
        var lacking = new ArrayList<String>();
        calls.denied(
                        S3Action.LIST_UPLOADS,
                        client -> client.listMultipartUploads(
                                it -> it.bucket(store.bucket()).prefix(prefix).maxUploads(1)))
                .ifPresent(why ->
                        lacking.add(why + " What a killed server leaves of large objects stays until you abort it."));
        calls.denied(
                        S3Action.ABORT,
                        client -> client.abortMultipartUpload(it -> it.bucket(store.bucket())
                                .key(prefix + "ferry-probe")
                                .uploadId("ferry-probe")))
                .ifPresent(
                        why -> lacking.add(why + " What an upload leaves that is given up stays until you abort it."));
        calls.denied(
                        S3Action.LIST,
                        client -> client.listObjectsV2(
                                it -> it.bucket(store.bucket()).prefix(prefix).maxKeys(1)))
                .ifPresent(why -> lacking.add(why + " What a task that failed has left without a result stays."));
        return lacking;
    }

    @Override
    public void close() {
        calls.close();
        own.ifPresent(Outbound::close);
    }

    /// An upload in parts that nobody has completed.
    record Unfinished(String key, String upload, Instant begun) {}

    /// Aborts uploads in parts that nobody has completed yet.
    ///
    /// @param prefix of their keys
    /// @return how many
    int abort(String prefix, Predicate<Unfinished> which) throws PublishException, InterruptedException {
        var all =
                calls.attempt(
                        S3Action.LIST_UPLOADS,
                        client -> client
                                .listMultipartUploadsPaginator(
                                        it -> it.bucket(store.bucket()).prefix(prefix))
                                .uploads()
                                .stream()
                                .map(it -> new Unfinished(it.key(), it.uploadId(), it.initiated()))
                                .filter(which)
                                .toList());
        for (var upload : all) {
            calls.abort(upload.key(), upload.upload());
        }
        return all.size();
    }
}
