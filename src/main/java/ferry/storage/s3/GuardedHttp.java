package ferry.storage.s3;

import ferry.egress.Answer;
import ferry.egress.Call;
import ferry.egress.Header;
import ferry.egress.Outbound;
import ferry.storage.Lanes;
import java.io.FilterInputStream;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.http.ExecutableHttpRequest;
import software.amazon.awssdk.http.HttpExecuteRequest;
import software.amazon.awssdk.http.HttpExecuteResponse;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.SdkHttpResponse;

/// What the SDK sends its requests with: the service's one way out, so that each connection passes its guard.
/// Thread-safe. Closing it leaves the way out open, which is somebody else's.
final class GuardedHttp implements SdkHttpClient {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    /// The slowest line that is waited for.
    private static final long BYTES_PER_SECOND = 64 * 1024;

    /// Where the store's `Date` is found. Under its own name the SDK would set the clock of its whole process by it
    /// once a store says that a request came too early or too late: the bucket of one organisation would spoil the
    /// signatures for all others.
    static final String STORE_DATE = "x-ferry-store-date";

    private final Outbound outbound;
    private final Lanes lanes;

    /// @param lanes to the bucket that is asked
    GuardedHttp(Outbound outbound, Lanes lanes) {
        this.outbound = outbound;
        this.lanes = lanes;
    }

    @Override
    public ExecutableHttpRequest prepareRequest(HttpExecuteRequest request) {
        return new ExecutableHttpRequest() {
            @Override
            public HttpExecuteResponse call() throws IOException {
                return send(request);
            }

            @Override
            public void abort() {
                // an interrupt of the thread that sends ends the call
            }
        };
    }

    @Override
    public String clientName() {
        return "ferry";
    }

    @Override
    public void close() {
        // whoever opened the way out closes it
    }

    private HttpExecuteResponse send(HttpExecuteRequest request) throws IOException {
        var http = request.httpRequest();
        var content = request.contentStreamProvider();
        if (content.isEmpty()) {
            return response(lanes.send(() -> outbound.send(call(http, PATIENCE))));
        }
        long length = http.firstMatchingHeader("Content-Length")
                .map(Long::parseLong)
                .orElseThrow(() -> new IOException("a body without a length is not sent"));
        try (var bytes = content.get().newStream()) {
            return response(
                    lanes.send(() -> outbound.send(call(http, patience(length)).streaming(bytes, length))));
        }
    }

    /// How long an answer to so many bytes is waited for.
    static Duration patience(long length) {
        return PATIENCE.plusSeconds(length / BYTES_PER_SECOND);
    }

    private static Call call(SdkHttpRequest http, Duration patience) {
        var headers = new ArrayList<Header>();
        http.forEachHeader((name, values) -> values.forEach(value -> {
            if (!name.toLowerCase(Locale.ROOT).equals("expect")) {
                headers.add(new Header(name, value));
            }
        }));
        URI url = http.getUri();
        return new Call(http.method().name(), url, List.copyOf(headers), Optional.empty(), patience);
    }

    private static HttpExecuteResponse response(Answer answer) {
        var head = SdkHttpResponse.builder().statusCode(answer.status());
        answer.allHeaders()
                .forEach(header -> head.appendHeader(
                        header.name().equalsIgnoreCase("date") ? STORE_DATE : header.name(), header.value()));
        var body = new FilterInputStream(answer.body()) {
            @Override
            public void close() {
                answer.close();
            }
        };
        return HttpExecuteResponse.builder()
                .response(head.build())
                .responseBody(AbortableInputStream.create(body, answer::close))
                .build();
    }
}
