package ferry.egress;

import java.net.InetAddress;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// Where a URL leads, in the one spelling that is checked, resolved and connected to.
///
/// @param scheme `http` or `https`
/// @param host lower case, without a trailing dot, IPv6 without its brackets
/// @param port the URL's, or its scheme's
/// @param literal the address, where the host is one
record Target(String scheme, String host, int port, Optional<InetAddress> literal) {
    private static final Pattern NUMBER = Pattern.compile("[0-9]*|0x[0-9a-f]*");

    /// @throws EgressRefused where it is not an absolute http or https URL of a plainly written host
    static Target of(URI url) throws EgressRefused {
        var scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new EgressRefused("only http and https are called");
        }
        if (url.getRawUserInfo() != null
                || (url.getRawAuthority() != null && url.getRawAuthority().contains("@"))) {
            throw new EgressRefused("a URL with a user or password in it is not called");
        }
        if (url.getHost() == null) {
            throw new EgressRefused("the URL names no host that can be called");
        }
        int port = url.getPort() == -1 ? scheme.equals("http") ? 80 : 443 : url.getPort();
        if (port < 1 || port > 65535) {
            throw new EgressRefused("there is no port " + port);
        }
        return of(scheme, url.getHost().toLowerCase(Locale.ROOT), port);
    }

    private static Target of(String scheme, String written, int port) throws EgressRefused {
        try {
            if (written.startsWith("[")) {
                var address = Addresses.literal(written.substring(1, written.length() - 1));
                return new Target(scheme, address.getHostAddress(), port, Optional.of(address));
            }
            var host = written.endsWith(".") ? written.substring(0, written.length() - 1) : written;
            if (!endsInNumber(host)) {
                return new Target(scheme, host, port, Optional.empty());
            }
            var address = Addresses.literal(host);
            return new Target(scheme, address.getHostAddress(), port, Optional.of(address));
        } catch (IllegalArgumentException _) {
            throw new EgressRefused(written + " is an address in a notation that is not accepted");
        }
    }

    /// What resolvers may take for an IPv4 address, in some notation: as browsers decide it.
    private static boolean endsInNumber(String host) {
        return NUMBER.matcher(host.substring(host.lastIndexOf('.') + 1)).matches();
    }

    /// Host and port for messages: never path, query or user.
    @Override
    public String toString() {
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
    }

    /// Scheme, host and port of any URL for messages.
    static String origin(URI url) {
        var host = url.getHost() == null ? "?" : url.getHost();
        return url.getScheme() + "://" + host + (url.getPort() == -1 ? "" : ":" + url.getPort());
    }
}
