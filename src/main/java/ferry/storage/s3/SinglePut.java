package ferry.storage.s3;

import ferry.egress.Call;
import ferry.egress.Header;
import ferry.egress.Outbound;
import ferry.storage.About;
import ferry.storage.Lanes;
import ferry.storage.PublishException;
import ferry.storage.Stored;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import software.amazon.awssdk.http.ContentStreamProvider;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4FamilyHttpSigner;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;

/// Puts an object that fits in one request, past the SDK's client: of 64 KiB that client takes as long to describe,
/// resolve, intercept and retry the request as everything else that is done with the object. Of the SDK only the signer
/// remains. One attempt; where it fails, the client is asked, which tries again and tells what is wrong. Thread-safe.
final class SinglePut {
    private static final AwsV4HttpSigner SIGNER = AwsV4HttpSigner.create();
    /// Of an answer that says it went well, to be able to use the connection again.
    private static final int ANSWER_BYTES = 4 * 1024;

    private final S3Store store;
    private final KeysInUse keys;
    private final Outbound outbound;
    private final Lanes lanes;

    SinglePut(S3Store store, KeysInUse keys, Outbound outbound, Lanes lanes) {
        this.store = store;
        this.keys = keys;
        this.outbound = outbound;
        this.lanes = lanes;
    }

    /// Whether the store has taken it; where not, it may have all the same.
    ///
    /// @throws PublishException where there are no keys to sign with
    /// @throws InterruptedException where the thread was told to stop
    boolean arrives(String key, About about, byte[] bytes, int length, Stored measured)
            throws PublishException, InterruptedException {
        keys.renew();
        var url = store.address(key);
        var headers = headers(url, about, bytes, length, measured);
        var call = new Call("PUT", url, headers, Optional.empty(), GuardedHttp.patience(length))
                .streaming(new ByteArrayInputStream(bytes, 0, length), length);
        try (var answer = lanes.send(() -> outbound.send(call))) {
            boolean arrived = answer.status() == 200;
            if (arrived) {
                answer.bytes(ANSWER_BYTES);
            }
            return arrived;
        } catch (IOException _) {
            if (Thread.interrupted()) {
                throw new InterruptedException("stopped while calling " + store.where());
            }
            return false;
        }
    }

    private List<Header> headers(URI url, About about, byte[] bytes, int length, Stored measured) {
        var request = SdkHttpRequest.builder()
                .method(SdkHttpMethod.PUT)
                .uri(url)
                .putHeader("Content-Length", Integer.toString(length))
                .putHeader("Content-Type", about.safeMediaType())
                .putHeader(
                        "Content-MD5",
                        Base64.getEncoder().encodeToString(HexFormat.of().parseHex(measured.md5Hex())));
        about.labels().forEach((name, value) -> request.putHeader("x-amz-meta-" + name, value));
        var signed = SIGNER.sign(it -> it.identity(keys.current())
                .request(request.build())
                .payload(
                        ContentStreamProvider.fromInputStreamSupplier(() -> new ByteArrayInputStream(bytes, 0, length)))
                .putProperty(AwsV4FamilyHttpSigner.SERVICE_SIGNING_NAME, "s3")
                .putProperty(AwsV4HttpSigner.REGION_NAME, store.signingRegion())
                .putProperty(AwsV4FamilyHttpSigner.DOUBLE_URL_ENCODE, false)
                .putProperty(AwsV4FamilyHttpSigner.NORMALIZE_PATH, false)
                // without TLS the payload is signed, as S3 demands
                .putProperty(
                        AwsV4FamilyHttpSigner.PAYLOAD_SIGNING_ENABLED,
                        url.getScheme().equals("http"))
                .putProperty(AwsV4FamilyHttpSigner.CHUNK_ENCODING_ENABLED, false));
        var headers = new ArrayList<Header>();
        signed.request().forEachHeader((name, values) -> values.forEach(value -> headers.add(new Header(name, value))));
        return List.copyOf(headers);
    }
}
