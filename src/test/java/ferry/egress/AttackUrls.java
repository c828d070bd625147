package ferry.egress;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/// URLs by which somebody who may choose one could try to reach this machine, its networks, or its cloud's metadata:
/// every forbidden range at its ends, the worst addresses in every notation that some parser or resolver takes for
/// one, and the tricks of names, users, ports and schemes.
public final class AttackUrls {
    /// First and last of each range that is not the open internet.
    private static final List<String> RANGES = List.of(
            "0.0.0.0-0.255.255.255",
            "10.0.0.0-10.255.255.255",
            "100.64.0.0-100.127.255.255",
            "127.0.0.0-127.255.255.255",
            "168.63.129.16-168.63.129.16",
            "169.254.0.0-169.254.255.255",
            "172.16.0.0-172.31.255.255",
            "192.0.0.0-192.0.0.255",
            "192.0.2.0-192.0.2.255",
            "192.88.99.0-192.88.99.255",
            "192.168.0.0-192.168.255.255",
            "198.18.0.0-198.19.255.255",
            "198.51.100.0-198.51.100.255",
            "203.0.113.0-203.0.113.255",
            "224.0.0.0-239.255.255.255",
            "240.0.0.0-255.255.255.255");

    /// Each of these is written in every notation.
    private static final List<String> WORST = List.of(
            "127.0.0.1",
            "127.255.255.254",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1");

    private static final List<String> V6 = List.of(
            "::",
            "::1",
            "0:0:0:0:0:0:0:1",
            "0000:0000:0000:0000:0000:0000:0000:0001",
            "::2",
            "100::",
            "100::1",
            "64:ff9b:1::1",
            "64:ff9b:1:ffff:ffff:ffff:ffff:ffff",
            "1::",
            "1fff:ffff::1",
            "2001::",
            "2001:1::1",
            "2001:1::2",
            "2001:2::1",
            "2001:3::1",
            "2001:4:112::1",
            "2001:5::1",
            "2001:10::1",
            "2001:1f:ffff::1",
            "2001:20::1",
            "2001:2f:ffff::1",
            "2001:30::1",
            "2001:100::1",
            "2001:1ff:ffff::1",
            "2001:db8::",
            "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:DB8::1",
            "3fff::1",
            "3fff:fff:ffff::1",
            "4000::1",
            "5f00::1",
            "fbff::1",
            "fc00::",
            "fc00::1",
            "fd00::2",
            "fd00:ec2::254",
            "fd00:0ec2:0:0:0:0:0:254",
            "fd20:ce::254",
            "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "fe80::1",
            "fe80::a9fe:a9fe",
            "febf:ffff::1",
            "fec0::1",
            "feff::1",
            "ff01::1",
            "ff02::1",
            "ff02::fb",
            "ff05::1:3",
            "ff0e::1",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");

    /// Names that lead inward by themselves, whatever a name server says.
    private static final List<String> LOCAL_NAMES = List.of("localhost", "LOCALHOST", "LocalHost", "localhost.");

    /// Names that the resolver knows nothing of, or that clouds answer inside.
    private static final List<String> NAMES = List.of(
            "localhost.localdomain",
            "ip6-localhost",
            "foo.localhost",
            "metadata",
            "metadata.google.internal",
            "metadata.google.internal.",
            "metadata.goog",
            "instance-data",
            "instance-data.ec2.internal",
            "kubernetes.default.svc",
            "host.docker.internal",
            "nowhere.invalid",
            "127.0.0.1.nip.invalid",
            "a",
            "xn--nowhere-.invalid",
            "a..b.invalid",
            "-.invalid");

    private AttackUrls() {}

    /// The addresses themselves.
    public static Set<InetAddress> addresses() {
        var all = new LinkedHashSet<InetAddress>();
        ends().forEach(text -> all.add(InetAddress.ofLiteral(text)));
        WORST.forEach(text -> all.add(InetAddress.ofLiteral(text)));
        V6.forEach(text -> all.add(InetAddress.ofLiteral(text)));
        WORST.stream().flatMap(AttackUrls::inIpv6).forEach(text -> all.add(InetAddress.ofLiteral(text)));
        return all;
    }

    /// URLs that need no name server to go wrong.
    ///
    /// @param port where something listens on as many of the addresses as the machine has
    public static List<String> literal(String scheme, int port) {
        var urls = new LinkedHashSet<String>();
        Function<String, String> plain = host -> scheme + "://" + host + ":" + port + "/latest?q=hush";
        ends().map(plain).forEach(urls::add);
        for (var worst : WORST) {
            notations(worst).map(plain).forEach(urls::add);
            inIpv6(worst).map(v6 -> "[" + v6 + "]").map(plain).forEach(urls::add);
        }
        V6.stream().map(v6 -> "[" + v6 + "]").map(plain).forEach(urls::add);
        Stream.of(
                        "fe80::1%25lo",
                        "fe80::1%25eth0", "fe80::1%251", "::1%25lo", "::1%251", "::1%lo", "::ffff:127.0.0.1%251")
                .map(v6 -> "[" + v6 + "]")
                .map(plain)
                .forEach(urls::add);
        LOCAL_NAMES.stream().map(plain).forEach(urls::add);
        for (var host : List.of("127.0.0.1", "[::1]", "localhost", "169.254.169.254")) {
            urls.add(scheme + "://user@" + host + ":" + port + "/");
            urls.add(scheme + "://user:pass@" + host + ":" + port + "/");
            urls.add(scheme + "://nowhere.invalid@" + host + ":" + port + "/");
            urls.add(scheme + "://nowhere.invalid%40" + host + ":" + port + "/");
            urls.add(scheme + "://@" + host + ":" + port + "/");
            urls.add(scheme + "://" + host + ":" + port + "@nowhere.invalid/");
            urls.add(scheme + "://nowhere.invalid#@" + host + ":" + port + "/");
            urls.add(scheme + "://nowhere.invalid?@" + host + ":" + port + "/");
            urls.add(scheme + "://nowhere.invalid\\@" + host + ":" + port + "/");
            urls.add(scheme + "://" + host + ":" + port + "#@nowhere.invalid/");
            urls.add(scheme + "://" + host + "/");
            urls.add(scheme + "://" + host + ":/");
            urls.add(scheme + "://" + host + ":0/");
            urls.add(scheme + "://" + host + ":65536/");
            urls.add(scheme + "://" + host + ":" + (65536 + port) + "/");
            urls.add(scheme + "://" + host + ":-" + port + "/");
            urls.add(scheme + "://" + host + ":0" + port + "/");
            urls.add(scheme + "://" + host + ":+" + port + "/");
            urls.add(scheme + "://" + host + ":" + port + ":80/");
            urls.add(scheme + ":///" + host + ":" + port + "/");
            urls.add(scheme + ":/" + host + ":" + port + "/");
            urls.add(scheme + ":" + host + ":" + port + "/");
            urls.add(scheme + "://" + host + "%00.nowhere.invalid:" + port + "/");
            urls.add(scheme + "://" + host + "%2f.nowhere.invalid:" + port + "/");
            urls.add(scheme + "://" + host + "\t:" + port + "/");
            urls.add(scheme + "://\u200b" + host + ":" + port + "/");
            urls.add(scheme.toUpperCase(Locale.ROOT) + "://" + host + ":" + port + "/");
            urls.add("//" + host + ":" + port + "/");
        }
        for (var other : List.of(
                "ftp",
                "file",
                "gopher",
                "dict",
                "ldap",
                "ws",
                "wss",
                "jar:http",
                "unix",
                "tftp",
                "sftp",
                "netdoc",
                "data",
                "javascript",
                "httpx",
                "http+unix")) {
            urls.add(other + "://127.0.0.1:" + port + "/");
        }
        return new ArrayList<>(urls);
    }

    /// Names to resolve, with the addresses that a name server of the attacker's gives: one that is forbidden, or one
    /// among others.
    public static Map<String, List<InetAddress>> names() {
        var all = new LinkedHashMap<String, List<InetAddress>>();
        for (var address : addresses()) {
            all.put("n" + all.size() + ".attack.example", List.of(address));
        }
        var open = InetAddress.ofLiteral("93.184.216.34");
        for (var worst : WORST) {
            all.put("n" + all.size() + ".both.example", List.of(open, InetAddress.ofLiteral(worst)));
        }
        NAMES.forEach(name -> all.put(name, List.of()));
        return all;
    }

    private static Stream<String> ends() {
        return RANGES.stream().flatMap(range -> {
            var ends = range.split("-", 2);
            long first = number(ends[0]);
            long last = number(ends[1]);
            return Stream.of(first, Math.min(first + 1, last), (first + last) / 2, Math.max(last - 1, first), last)
                    .distinct()
                    .map(AttackUrls::dotted);
        });
    }

    /// One IPv4 address as somebody somewhere reads it.
    private static Stream<String> notations(String dotted) {
        long n = number(dotted);
        var b = parts(dotted);
        return Stream.of(
                dotted,
                dotted + ".",
                dotted + "..",
                Long.toString(n),
                n + ".",
                Long.toString(n + (1L << 32)),
                "0x" + Long.toHexString(n),
                "0X" + Long.toHexString(n).toUpperCase(Locale.ROOT),
                "0x00000000" + Long.toHexString(n),
                "0" + Long.toOctalString(n),
                "0x%x.0x%x.0x%x.0x%x".formatted(b[0], b[1], b[2], b[3]),
                "0%o.0%o.0%o.0%o".formatted(b[0], b[1], b[2], b[3]),
                "000%o.0%o.00%o.0%o".formatted(b[0], b[1], b[2], b[3]),
                "%03d.%03d.%03d.%03d".formatted(b[0], b[1], b[2], b[3]),
                "%d.0x%x.0%o.%d".formatted(b[0], b[1], b[2], b[3]),
                "%d.%d".formatted(b[0], n & 0xffffff),
                "%d.%d.%d".formatted(b[0], b[1], n & 0xffff),
                "0x%x.%d".formatted(b[0], n & 0xffffff),
                "%d.%d.%d.%d".formatted(b[0] + 256, b[1], b[2], b[3]),
                "%d.%d.%d.%d.0".formatted(b[0], b[1], b[2], b[3]),
                dotted.replace(".", "。"),
                dotted.replace(".", "．"),
                dotted.replace(".", "｡"),
                dotted.replace(".", "%2e"),
                wide(dotted, '０'),
                wide(dotted, '٠'),
                wide(dotted, '०'),
                circled(dotted),
                percented(dotted));
    }

    /// IPv6 addresses that carry an IPv4 one to where some gateway or kernel takes it out.
    private static Stream<String> inIpv6(String dotted) {
        var b = parts(dotted);
        var hex = "%02x%02x:%02x%02x".formatted(b[0], b[1], b[2], b[3]);
        var inverted = "%02x%02x:%02x%02x".formatted(b[0] ^ 255, b[1] ^ 255, b[2] ^ 255, b[3] ^ 255);
        return Stream.of(
                "::ffff:" + dotted,
                "::ffff:" + hex,
                "0:0:0:0:0:ffff:" + hex,
                "::FFFF:" + hex.toUpperCase(Locale.ROOT),
                "::" + dotted,
                "::ffff:0:" + dotted,
                "64:ff9b::" + dotted,
                "64:ff9b::" + hex,
                "64:ff9b:1::" + dotted,
                "2002:" + hex + "::1",
                "2001:0:" + hex + "::1",
                "2001:0:808:808:0:ffff:" + inverted,
                "2606:4700::5efe:" + dotted,
                "2606:4700::200:5efe:" + dotted,
                "fe80::5efe:" + dotted);
    }

    private static String wide(String dotted, char zero) {
        return each(dotted, c -> String.valueOf((char) (zero + (c - '0'))));
    }

    private static String circled(String dotted) {
        return each(dotted, c -> c == '0' ? "⓪" : String.valueOf((char) ('①' + (c - '1'))));
    }

    private static String percented(String dotted) {
        return each(dotted, c -> "%" + Integer.toHexString(c));
    }

    private static String each(String dotted, Function<Character, String> digit) {
        var text = new StringBuilder();
        for (int i = 0; i < dotted.length(); i++) {
            char c = dotted.charAt(i);
            text.append(c == '.' ? "." : digit.apply(c));
        }
        return text.toString();
    }

    private static int[] parts(String dotted) {
        return Stream.of(dotted.split("\\.", -1)).mapToInt(Integer::parseInt).toArray();
    }

    private static long number(String dotted) {
        long n = 0;
        for (int part : parts(dotted)) {
            n = n << 8 | part;
        }
        return n;
    }

    private static String dotted(long n) {
        return (n >> 24 & 255) + "." + (n >> 16 & 255) + "." + (n >> 8 & 255) + "." + (n & 255);
    }
}
