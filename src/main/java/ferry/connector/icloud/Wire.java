package ferry.connector.icloud;

import ferry.connector.icloud.web.Json;
import ferry.egress.Answer;
import ferry.egress.Call;
import ferry.egress.Header;
import ferry.egress.Outbound;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Sends one request of a session: its cookies go out, new ones come in, the answer is read whole. Thread-safe.
final class Wire {
    /// A page of 200 photo records is below 2 MB; anything near this is not what was asked for.
    private static final int LARGEST_BODY = 32 << 20;

    private static final List<String> KEPT_HEADERS = List.of(
            "retry-after",
            "scnt",
            "x-apple-id-session-id",
            "x-apple-session-token",
            "x-apple-id-account-country",
            "x-apple-twosv-trust-token",
            "x-apple-auth-attributes",
            "x-apple-i-rscd",
            "x-apple-edp",
            "x-apple-hc-bits",
            "x-apple-hc-challenge");

    private final Outbound outbound;
    private final ICloudSettings settings;

    Wire(Outbound outbound, ICloudSettings settings) {
        this.outbound = outbound;
        this.settings = settings;
    }

    Reply send(WebSession session, String method, URI url, List<Header> headers, Optional<byte[]> body)
            throws IOException {
        var all = new ArrayList<>(headers);
        all.add(new Header("User-Agent", settings.userAgent()));
        session.cookies().header(url).ifPresent(cookies -> all.add(new Header("Cookie", cookies)));
        var call = new Call(method, url, all, body, settings.callTimeout()).acceptingGzip();
        try (var answer = outbound.send(call)) {
            session.cookies().store(url, answer.headers("Set-Cookie"));
            var bytes = answer.bytes(LARGEST_BODY);
            return new Reply(
                    answer.status(), kept(answer), new String(bytes, StandardCharsets.UTF_8), Json.parse(bytes));
        }
    }

    /// The next request to that host goes over a new connection: Apple's edge pins a connection to a server that may
    /// be the wrong or a broken one (icloud-protocol 1.12).
    void forget(URI url) {
        outbound.forget(url);
    }

    /// An interrupt shows as a failure of the connection it closed.
    static void throwIfInterrupted() throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
    }

    private static Map<String, String> kept(Answer answer) {
        var kept = new HashMap<String, String>();
        for (var name : KEPT_HEADERS) {
            answer.header(name).filter(value -> !value.isBlank()).ifPresent(value -> kept.put(name, value));
        }
        return Map.copyOf(kept);
    }
}
