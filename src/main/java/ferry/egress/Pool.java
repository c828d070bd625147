package ferry.egress;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.io.DefaultHttpClientConnectionOperator;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.io.ManagedHttpClientConnection;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.URIScheme;
import org.apache.hc.core5.http.config.CharCodingConfig;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.config.RegistryBuilder;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.pool.PoolEntry;
import org.apache.hc.core5.pool.PoolReusePolicy;
import org.apache.hc.core5.pool.StrictConnPool;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/// The open connections. One that is asked for by [#forget] is never handed out again: at once if it is idle,
/// when it comes back if it is in use.
final class Pool extends StrictConnPool<HttpRoute, ManagedHttpClientConnection> {
    private static final int IN_ALL = 256;
    private static final int PER_ORIGIN = 32;
    static final TimeValue IDLE = TimeValue.ofSeconds(15);

    /// A connection that lay idle this long is looked at before it is used again (which costs a millisecond): the
    /// other side may have closed it, and nothing here sends a request twice.
    private static final TimeValue LOOK_AFTER = TimeValue.of(250, TimeUnit.MILLISECONDS);

    /// How much of an answer's head is taken before it counts as broken.
    private static final Http1Config HEAD = Http1Config.custom()
            .setMaxLineLength(64 * 1024)
            .setMaxHeaderCount(256)
            .build();

    private final Set<PoolEntry<HttpRoute, ManagedHttpClientConnection>> forgotten =
            Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

    private Pool(int perOrigin, int inAll) {
        super(perOrigin, inAll, TimeValue.NEG_ONE_MILLISECOND, PoolReusePolicy.LIFO, null);
    }

    static Pool empty() {
        return new Pool(PER_ORIGIN, IN_ALL);
    }

    static Pool empty(int connections) {
        return new Pool(connections, connections);
    }

    /// What the client asks for connections; each new one goes to an address that `guard` let pass.
    PoolingHttpClientConnectionManager connections(Guard guard, Timeout connect, TlsSocketStrategy strategy) {
        var tls = RegistryBuilder.<TlsSocketStrategy>create()
                .register(URIScheme.HTTPS.id, strategy)
                .build();
        var factory = ManagedHttpClientConnectionFactory.builder()
                .http1Config(HEAD)
                // Bytes beyond ASCII in a header survive as they are.
                .charCodingConfig(CharCodingConfig.custom()
                        .setCharset(java.nio.charset.StandardCharsets.ISO_8859_1)
                        .build())
                .build();
        var operator = new DefaultHttpClientConnectionOperator(null, new Checked(guard), tls);
        var manager = new Manager(operator, this, factory);
        manager.setDefaultConnectionConfig(ConnectionConfig.custom()
                .setConnectTimeout(connect)
                .setValidateAfterInactivity(LOOK_AFTER)
                .build());
        manager.setDefaultTlsConfig(
                TlsConfig.custom().setHandshakeTimeout(connect).build());
        return manager;
    }

    void forget(Target origin) {
        enumLeased(entry -> {
            if (leadsTo(origin, entry)) {
                forgotten.add(entry);
            }
        });
        enumAvailable(entry -> {
            if (leadsTo(origin, entry)) {
                entry.discardConnection(CloseMode.GRACEFUL);
            }
        });
    }

    @Override
    public void release(PoolEntry<HttpRoute, ManagedHttpClientConnection> entry, boolean reusable) {
        super.release(entry, reusable && !forgotten.remove(entry));
    }

    private static boolean leadsTo(Target origin, PoolEntry<HttpRoute, ?> entry) {
        var there = entry.getRoute().getTargetHost();
        return there.getHostName().equalsIgnoreCase(origin.host()) && there.getPort() == origin.port();
    }

    private static final class Manager extends PoolingHttpClientConnectionManager {
        Manager(
                DefaultHttpClientConnectionOperator operator,
                Pool pool,
                ManagedHttpClientConnectionFactory connections) {
            super(operator, pool, connections);
        }
    }

    /// Hands the guard's addresses to the code that connects, which asks nobody else: what was checked is what is
    /// connected to.
    private record Checked(Guard guard) implements DnsResolver {
        @Override
        public List<InetSocketAddress> resolve(String host, int port) throws UnknownHostException {
            try {
                return guard.addresses(host, port).stream()
                        .map(it -> new InetSocketAddress(it, port))
                        .toList();
            } catch (EgressRefused e) {
                throw new Guard.Refusal(e);
            }
        }

        @Override
        public InetAddress[] resolve(String host) throws UnknownHostException {
            throw new UnknownHostException("a port is needed to check an address");
        }

        @Override
        public String resolveCanonicalHostname(String host) {
            return host;
        }
    }
}
