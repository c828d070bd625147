package ferry.sandbox;

import ferry.http.Exchange;
import ferry.http.WebServer;
import java.net.BindException;
import java.net.URI;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The simulated iCloud on one port: Apple's hosts become path prefixes, and every address it hands out leads back
/// here.
/// Started by [#start]; whoever started it closes it. Its memory ends with it.
public final class Sandbox implements AutoCloseable {
    private final InstantSource clock;
    private final SandboxOptions options;
    private final Journal journal = new Journal();
    private final Accounts accounts = new Accounts();
    /// By name in the `webservices` map; each is reached at `/p<partition>/<name>`.
    private final Map<String, Service> services = new HashMap<>();
    /// By first segment of the path.
    private final Map<String, OpenService> open = new HashMap<>();

    private volatile String url = "";
    private volatile @Nullable WebServer server;

    private Sandbox(InstantSource clock, SandboxOptions options) {
        this.clock = clock;
        this.options = options;
        // Who serves photos adds `services.put("ckdatabasews", new CloudKit(…))` and `open.put("content", new
        // Content(…))`
        // here; both may ask url() once a request is there.
    }

    /// Starts to listen.
    ///
    /// @param port 0 for a free one
    /// @param clock what sessions, codes and addresses expire by
    /// @throws BindException where the port is taken
    public static Sandbox start(String host, int port, InstantSource clock, SandboxOptions options)
            throws BindException {
        var sandbox = new Sandbox(clock, options);
        var server = WebServer.start(host, port, sandbox::handle);
        sandbox.server = server;
        sandbox.url = server.url();
        return sandbox;
    }

    /// Where it answers, such as `http://127.0.0.1:8081`.
    public String url() {
        return url;
    }

    /// The base of sign-in.
    public URI authUrl() {
        return URI.create(url + "/appleauth/auth");
    }

    /// The base of the account's set-up service.
    public URI setupUrl() {
        return URI.create(url + "/setup/ws/1");
    }

    /// The home page, which requests name as their origin.
    public URI homeUrl() {
        return URI.create(url);
    }

    /// What was asked of it.
    public Journal journal() {
        return journal;
    }

    /// Who lives in it.
    public Accounts accounts() {
        return accounts;
    }

    @Override
    public void close() {
        var running = server;
        if (running != null) {
            running.close();
        }
    }

    private void handle(Exchange plain) throws Exception {
        var exchange = new JournaledExchange(plain, journal, clock);
        if (!options.latency().isZero()) {
            Thread.sleep(options.latency());
        }
        if (Journal.forbidden(exchange.method(), exchange.path())) {
            Replies.json(exchange, 403, Replies.object().put("error", "FORBIDDEN"));
            return;
        }
        var first = segment(exchange.path());
        var host = open.get(first);
        if (host != null) {
            host.handle(exchange, exchange.path().substring(first.length() + 1));
            return;
        }
        Replies.empty(exchange, services.containsKey(first) ? 421 : 404);
    }

    private static String segment(String path) {
        var end = path.indexOf('/', 1);
        return end < 0 ? path.substring(1) : path.substring(1, end);
    }
}
