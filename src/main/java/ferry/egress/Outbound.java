package ferry.egress;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.InputStreamEntity;
import org.apache.hc.core5.http.message.BasicHeaderElementIterator;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/// Sends requests to the outside, and only there: see [EgressPolicy]. Thread-safe; one serves the whole
/// process, and whoever opened it closes it.
///
/// A name is resolved when a connection is opened, all its addresses are checked, and the connection goes to one of
/// exactly those. A pooled connection keeps the address it was checked for.
public final class Outbound implements AutoCloseable {
    private static final Timeout CONNECT = Timeout.ofSeconds(10);
    private static final Set<String> OURS = Set.of("host", "content-length", "transfer-encoding", "connection");
    private static final Set<String> WITH_LENGTH = Set.of("POST", "PUT", "PATCH");

    private final Guard guard;
    private final Pool pool;
    private final CloseableHttpClient client;
    private final ScheduledThreadPoolExecutor deadlines;

    private Outbound(Guard guard, Pool pool, TlsSocketStrategy tls) {
        this.guard = guard;
        this.pool = pool;
        client = HttpClientBuilder.create()
                .setConnectionManager(pool.connections(guard, CONNECT, tls))
                .disableRedirectHandling()
                .disableAutomaticRetries()
                .disableCookieManagement()
                .disableAuthCaching()
                .disableContentCompression()
                .disableDefaultUserAgent()
                .disableConnectionState()
                .setKeepAliveStrategy((response, _) -> keepAlive(response))
                .evictExpiredConnections()
                .evictIdleConnections(Pool.IDLE)
                .build();
        deadlines = new ScheduledThreadPoolExecutor(
                1, Thread.ofPlatform().daemon().name("egress-deadlines").factory());
        deadlines.setRemoveOnCancelPolicy(true);
    }

    /// Opens no connection yet.
    public static Outbound open(EgressPolicy policy) {
        return open(policy, Outbound::resolve);
    }

    /// One that may have so many connections at once, all to one host or each to another: for a caller that limits
    /// each destination itself. Opens none yet.
    public static Outbound open(EgressPolicy policy, int connections) {
        return new Outbound(
                new Guard(policy, Outbound::resolve),
                Pool.empty(connections),
                DefaultClientTlsStrategy.createDefault());
    }

    static Outbound open(EgressPolicy policy, Guard.Resolver resolver) {
        return new Outbound(new Guard(policy, resolver), Pool.empty(), DefaultClientTlsStrategy.createDefault());
    }

    /// Another one behind the same guard that trusts these authorities' certificates and no others, with
    /// connections of its own. Whoever asked closes it, before this.
    public Outbound trusting(Collection<X509Certificate> authorities) {
        return new Outbound(guard, Pool.empty(), Trust.only(authorities));
    }

    /// Whether the operator listed this URL's host and port, see [EgressPolicy#names].
    public boolean names(URI url) {
        return guard.policy().names(url);
    }

    private static List<InetAddress> resolve(String host) throws UnknownHostException {
        return List.of(InetAddress.getAllByName(host));
    }

    /// Sends one request, once. Follows no redirect, keeps no cookie, answers no challenge. Blocks until the
    /// answer's head is there; its body then streams. Where this throws, the request may or may not have
    /// arrived.
    ///
    /// @throws EgressRefused where the call may not be made; nothing was sent
    /// @throws EgressTimedOut where the head was not there within the call's timeout
    /// @throws InterruptedIOException where the calling virtual thread was interrupted, which it then still is
    /// @throws IOException for every other failure of the network or the other side
    public Answer send(Call call) throws IOException {
        var target = Target.of(call.url());
        if (target.literal().isPresent()) {
            guard.addresses(target.host(), target.port());
        }
        var request = request(call);
        var failures = new Failures(target, call.timeout());
        var deadline = Deadline.start(deadlines, call.timeout(), request);
        try {
            var response = client.executeOpen(
                    new HttpHost(target.scheme(), target.host(), target.port()), request, HttpClientContext.create());
            if (deadline.met()) {
                return new Received(call, failures, request, response, deadlines);
            }
            response.close();
            throw failures.of(new SocketTimeoutException(), true);
        } catch (EgressTimedOut e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw failures.of(e, deadline.passed());
        } finally {
            deadline.close();
        }
    }

    /// Tells whether a call to this URL could be made now, without making it. It is checked again at the call.
    public void check(URI url) throws EgressRefused {
        var target = Target.of(url);
        guard.addresses(target.host(), target.port());
    }

    /// Drops the connections to this URL's host and port: idle ones now, those in use once their answer is
    /// read. The next call opens a new one.
    public void forget(URI origin) {
        try {
            pool.forget(Target.of(origin));
        } catch (EgressRefused _) {
            return; // nobody can have connected there
        }
    }

    /// Drops every connection; calls under way fail.
    @Override
    public void close() {
        deadlines.shutdownNow();
        client.close(CloseMode.IMMEDIATE);
    }

    private static HttpUriRequestBase request(Call call) {
        var request = new HttpUriRequestBase(call.method(), call.url());
        for (var header : call.headers()) {
            if (!OURS.contains(header.name().toLowerCase(Locale.ROOT))) {
                request.addHeader(header.name(), header.value());
            }
        }
        if (call.stream().isPresent()) {
            var stream = call.stream().get();
            request.setEntity(new InputStreamEntity(stream.bytes(), stream.length(), null));
        } else if (call.body().isPresent() || WITH_LENGTH.contains(call.method())) {
            request.setEntity(new ByteArrayEntity(call.body().orElse(new byte[0]), null));
        }
        var patience = Timeout.of(call.timeout());
        request.setConfig(RequestConfig.custom()
                .setConnectionRequestTimeout(patience)
                .setResponseTimeout(patience)
                .setRedirectsEnabled(false)
                .setAuthenticationEnabled(false)
                .setContentCompressionEnabled(false)
                .setProtocolUpgradeEnabled(false)
                .build());
        return request;
    }

    /// What the other side says it keeps a connection, and no longer than [Pool#IDLE].
    private static TimeValue keepAlive(HttpResponse response) {
        var hints = new BasicHeaderElementIterator(response.headerIterator("Keep-Alive"));
        while (hints.hasNext()) {
            var hint = hints.next();
            if (hint.getName().equalsIgnoreCase("timeout")
                    && String.valueOf(hint.getValue()).matches("[0-9]{1,4}")) {
                return TimeValue.ofSeconds(Math.min(Pool.IDLE.toSeconds(), Long.parseLong(hint.getValue())));
            }
        }
        return Pool.IDLE;
    }
}
