package ferry.egress;

import java.net.InetAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;

/// Where outbound calls may go although the address is private: what `FERRY_EGRESS_ALLOW` lists. Each entry is
/// `host:port` (that name, exactly) or `CIDR:port`; IPv6 is written `[::1]/128:8080`, a single address may leave its
/// prefix out, and a range may have `*` for every port.
///
/// A name that is allowed may lead to a private address, yet never to a cloud's metadata service, a multicast or the
/// unspecified address: whoever wants those lists the address.
public final class EgressPolicy {
    private final List<Entry> entries;

    private EgressPolicy(List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    private sealed interface Entry {
        boolean covers(int port);

        record Name(String host, int port) implements Entry {
            @Override
            public boolean covers(int asked) {
                return port == asked;
            }
        }

        record Network(Addresses.Range range, OptionalInt port) implements Entry {
            @Override
            public boolean covers(int asked) {
                return port.isEmpty() || port.getAsInt() == asked;
            }
        }
    }

    /// The open internet, and these. Blank entries are skipped.
    ///
    /// @throws IllegalArgumentException naming the entry that cannot be read
    public static EgressPolicy of(List<String> hostPortOrCidrPort) {
        return new EgressPolicy(hostPortOrCidrPort.stream()
                .map(String::strip)
                .filter(it -> !it.isEmpty())
                .map(EgressPolicy::entry)
                .toList());
    }

    /// This, and every port of this machine: what `--sandbox` and `demo` need.
    public EgressPolicy withLoopback() {
        var more = new ArrayList<>(entries);
        more.add(entry("127.0.0.0/8:*"));
        more.add(entry("[::1]/128:*"));
        return new EgressPolicy(more);
    }

    /// Whether an entry names this URL's host and port, or the address in it. Asks no name server, so a name whose
    /// address is in an allowed range is not named by it, `localhost` apart. Where plain http is only for what the
    /// operator listed, this tells.
    public boolean names(URI url) {
        try {
            var target = Target.of(url);
            return allowsName(target.host(), target.port())
                    || target.literal()
                            .map(it -> allowsAddress(it, target.port()))
                            .orElse(false)
                    || (target.host().equals("localhost")
                            && allowsAddress(InetAddress.ofLiteral("127.0.0.1"), target.port()));
        } catch (EgressRefused _) {
            return false;
        }
    }

    /// Whether a connection for `host:port` may be made to this address.
    boolean allows(String host, int port, InetAddress address) {
        return Addresses.open(address)
                || allowsAddress(address, port)
                || (allowsName(host, port) && !Addresses.never(address));
    }

    private boolean allowsName(String host, int port) {
        return entries.stream()
                .anyMatch(it -> it.covers(port)
                        && it instanceof Entry.Name name
                        && name.host().equals(host));
    }

    private boolean allowsAddress(InetAddress address, int port) {
        var bytes = address.getAddress();
        return entries.stream()
                .anyMatch(it -> it.covers(port)
                        && it instanceof Entry.Network net
                        && net.range().contains(bytes));
    }

    private static Entry entry(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 1) {
            throw unreadable(text);
        }
        var where = text.substring(0, colon).toLowerCase(Locale.ROOT);
        var port = port(text.substring(colon + 1), text);
        try {
            if (where.startsWith("[")) {
                return new Entry.Network(Addresses.Range.of(where.substring(1).replaceFirst("]", "")), port);
            }
            if (where.matches("[0-9./]+")) {
                return new Entry.Network(Addresses.Range.of(where), port);
            }
        } catch (IllegalArgumentException _) {
            throw unreadable(text);
        }
        if (port.isEmpty() || !where.matches("[a-z0-9]([a-z0-9_.-]*[a-z0-9])?")) {
            throw unreadable(text);
        }
        return new Entry.Name(where, port.getAsInt());
    }

    private static OptionalInt port(String text, String entry) {
        if (text.equals("*")) {
            return OptionalInt.empty();
        }
        if (!text.matches("[1-9][0-9]{0,4}") || Integer.parseInt(text) > 65535) {
            throw unreadable(entry);
        }
        return OptionalInt.of(Integer.parseInt(text));
    }

    private static IllegalArgumentException unreadable(String entry) {
        return new IllegalArgumentException("FERRY_EGRESS_ALLOW: \"" + entry
                + "\" is neither host:port nor CIDR:port, such as minio.local:9000, 10.1.0.0/16:443 or [::1]/128:8080");
    }

    @Override
    public String toString() {
        return "EgressPolicy[" + entries.size() + " entries]";
    }
}
