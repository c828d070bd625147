package ferry.connector.icloud;

import ferry.connector.ConnectorException.Unavailable;
import ferry.connector.Limits;
import ferry.connector.Limits.HostClass;
import ferry.connector.icloud.WebSession.Held;
import ferry.connector.icloud.web.Json;
import ferry.egress.Header;
import java.io.IOException;
import java.net.URI;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The calls to Apple's sign-in host for one session. Headers are built anew for each call from the newest values
/// received, since Apple rotates them on every answer (icloud-protocol 1.4). One thread.
final class AuthClient {
    /// The web client's public id, the same for everyone.
    private static final String PUBLIC_ID = "d39ba9916b7251055b22c7f910e2ea796ee65e98b2ddecea8f5dde8d9d1a815d";

    private static final Map<String, Held> ROTATED = Map.of(
            "scnt", Held.SCNT,
            "x-apple-id-session-id", Held.SESSION_ID,
            "x-apple-session-token", Held.SESSION_TOKEN,
            "x-apple-id-account-country", Held.COUNTRY,
            "x-apple-twosv-trust-token", Held.TRUST_TOKEN,
            "x-apple-auth-attributes", Held.AUTH_ATTRIBUTES);

    private final Wire wire;
    private final ICloudSettings settings;
    private final InstantSource clock;
    private final WebSession session;
    private final Limits limits;

    AuthClient(Wire wire, ICloudSettings settings, InstantSource clock, WebSession session, Limits limits) {
        this.wire = wire;
        this.settings = settings;
        this.clock = clock;
        this.session = session;
        this.limits = limits;
    }

    Reply get(String path) throws IOException, Unavailable, InterruptedException {
        return send("GET", path, "application/json", null);
    }

    /// The same as a browser asks for a page.
    Reply page(String path) throws IOException, Unavailable, InterruptedException {
        return send("GET", path, "text/html", null);
    }

    /// @param body null for an empty one
    Reply put(String path, @Nullable JsonNode body) throws IOException, Unavailable, InterruptedException {
        return send("PUT", path, "application/json", body);
    }

    Reply post(String path, JsonNode body) throws IOException, Unavailable, InterruptedException {
        return send("POST", path, "application/json", body);
    }

    /// The next call goes over a new connection.
    void forgetConnection() {
        wire.forget(base());
    }

    private Reply send(String method, String path, String accept, @Nullable JsonNode body)
            throws IOException, Unavailable, InterruptedException {
        var reply = once(method, path, accept, body, Optional.empty());
        var puzzle = Hashcash.of(reply);
        if (puzzle.isPresent() && !reply.isSuccess()) {
            return once(
                    method, path, accept, body, Optional.of(puzzle.orElseThrow().solve(clock.instant())));
        }
        return reply;
    }

    private Reply once(String method, String path, String accept, @Nullable JsonNode body, Optional<String> hashcash)
            throws IOException, Unavailable, InterruptedException {
        limits.turn(HostClass.AUTH);
        var headers = headers(path, accept);
        hashcash.ifPresent(solution -> headers.add(new Header("X-Apple-HC", solution)));
        var bytes = Optional.ofNullable(body).map(Json.MAPPER::writeValueAsBytes);
        var reply = wire.send(session, method, URI.create(base() + path), headers, bytes);
        ROTATED.forEach((name, key) -> reply.header(name).ifPresent(value -> session.set(key, value)));
        return reply;
    }

    private URI base() {
        return settings.region(session.authInChina()).auth();
    }

    private List<Header> headers(String path, String accept) {
        var home = settings.region(session.inChina()).home().toString();
        var state = session.get(Held.CLIENT_ID, "");
        var headers = new ArrayList<Header>();
        headers.add(new Header("Accept", accept));
        headers.add(new Header("Content-Type", "application/json"));
        headers.add(new Header("Origin", home));
        headers.add(new Header("Referer", home + "/"));
        headers.add(new Header("X-Apple-OAuth-Client-Id", PUBLIC_ID));
        headers.add(new Header("X-Apple-Widget-Key", PUBLIC_ID));
        headers.add(new Header("X-Apple-OAuth-Client-Type", "firstPartyAuth"));
        headers.add(new Header("X-Apple-OAuth-Redirect-URI", home));
        headers.add(new Header("X-Apple-OAuth-Require-Grant-Code", "true"));
        headers.add(new Header("X-Apple-OAuth-Response-Mode", "web_message"));
        headers.add(new Header("X-Apple-OAuth-Response-Type", "code"));
        headers.add(new Header("X-Apple-OAuth-State", state));
        headers.add(new Header("X-Apple-Frame-Id", state));
        echo(headers, "scnt", Held.SCNT);
        echo(headers, "X-Apple-ID-Session-Id", Held.SESSION_ID);
        var verifying = path.startsWith("/verify/") || path.startsWith("/2sv/");
        if (!verifying || settings.extraHeadersOnVerify()) {
            addExtras(headers);
        }
        return headers;
    }

    private void addExtras(List<Header> headers) {
        var browser = Json.object()
                .put("U", settings.userAgent())
                .put("L", "en-US")
                .put("Z", "GMT+00:00")
                .put("V", "1.1")
                .put("F", "");
        headers.add(new Header("X-Requested-With", "XMLHttpRequest"));
        headers.add(new Header("X-Apple-I-FD-Client-Info", browser.toString()));
        echo(headers, "X-Apple-Auth-Attributes", Held.AUTH_ATTRIBUTES);
    }

    private void echo(List<Header> headers, String name, Held key) {
        var value = session.get(key);
        if (value != null) {
            headers.add(new Header(name, value));
        }
    }
}
