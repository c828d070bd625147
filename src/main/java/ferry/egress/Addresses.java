package ferry.egress;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Which addresses are the open internet. Everything else (this machine, its networks, its cloud's metadata service,
/// and what IANA's special-purpose registries set aside) is only reached if the operator allows it.
final class Addresses {
    private static final Pattern PLAIN_BYTE = Pattern.compile("0|[1-9][0-9]{0,2}");

    private Addresses() {}

    /// A range of addresses of one family.
    ///
    /// @param first its first address, 4 or 16 bytes; not copied
    /// @param bits how many leading bits an address shares with it
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Range(byte[] first, int bits) {
        /// `10.0.0.0/8`, `fc00::/7`, or a bare address, which stands for itself alone.
        static Range of(String text) {
            int slash = text.indexOf('/');
            var first = literal(slash < 0 ? text : text.substring(0, slash)).getAddress();
            int bits = slash < 0 ? first.length * 8 : bits(text.substring(slash + 1));
            if (bits > first.length * 8) {
                throw new IllegalArgumentException("not a range of addresses: " + text);
            }
            return new Range(first, bits);
        }

        private static int bits(String text) {
            if (text.isEmpty() || text.length() > 3 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
                throw new IllegalArgumentException("not the length of a prefix: " + text);
            }
            return Integer.parseInt(text);
        }

        boolean contains(byte[] address) {
            if (address.length != first.length) {
                return false;
            }
            int whole = bits / 8;
            int mask = 0xff00 >> bits % 8 & 0xff;
            return Arrays.equals(address, 0, whole, first, 0, whole)
                    && (mask == 0 || ((address[whole] ^ first[whole]) & mask) == 0);
        }
    }

    /// Never anyone's service: even a name that the operator allows must not lead here, only the address itself.
    private static final List<Range> NEVER = ranges(
            "0.0.0.0/8",
            "169.254.169.254",
            "168.63.129.16",
            "100.100.100.200",
            "192.0.0.192",
            "224.0.0.0/4",
            "255.255.255.255",
            "::/128",
            "ff00::/8",
            "fd00:ec2::254",
            "fe80::a9fe:a9fe",
            "fd20:ce::254");

    private static final List<Range> SPECIAL_V4 = ranges(
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "168.63.129.16",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4");

    private static final Range GLOBAL_V6 = Range.of("2000::/3");
    private static final List<Range> SPECIAL_V6 = ranges("2001::/23", "2001:db8::/32", "3fff::/20");
    private static final Range NAT64 = Range.of("64:ff9b::/96");
    private static final Range SIX_TO_FOUR = Range.of("2002::/16");
    private static final Range TEREDO = Range.of("2001::/32");

    /// Whether it lies in the open internet, and so does each IPv4 address it carries inside (6to4, Teredo, NAT64,
    /// ISATAP), since a gateway would send it there.
    static boolean open(InetAddress address) {
        var bytes = address.getAddress();
        return bytes.length == 4 ? openV4(bytes) : openV6(bytes);
    }

    /// Whether even a name on the allow-list must not lead there.
    static boolean never(InetAddress address) {
        var bytes = address.getAddress();
        return in(NEVER, bytes) || (bytes.length == 16 && carried(bytes).anyMatch(it -> in(NEVER, it)));
    }

    /// Parses an address as it is written in a URL, without asking a name server: four decimal numbers without
    /// leading zeros, or IPv6 without a zone.
    ///
    /// @throws IllegalArgumentException where it is anything else
    static InetAddress literal(String text) {
        if (text.indexOf('%') >= 0 || (text.indexOf(':') < 0 && !plainV4(text))) {
            throw new IllegalArgumentException("not an address: " + text);
        }
        return InetAddress.ofLiteral(text);
    }

    /// The address without the name it was looked up by, so that the two cannot be mixed up again later.
    static InetAddress nameless(InetAddress address) {
        try {
            return InetAddress.getByAddress(address.getAddress());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address of neither 4 nor 16 bytes", e);
        }
    }

    private static boolean openV4(byte[] address) {
        return !in(SPECIAL_V4, address);
    }

    private static boolean openV6(byte[] address) {
        if (!GLOBAL_V6.contains(address) && !NAT64.contains(address)) {
            return false;
        }
        return !in(SPECIAL_V6, address) && carried(address).allMatch(Addresses::openV4);
    }

    /// The IPv4 addresses inside an IPv6 one.
    private static Stream<byte[]> carried(byte[] address) {
        var found = Stream.<byte[]>builder();
        if (NAT64.contains(address) || Range.of("::/96").contains(address)) {
            found.add(Arrays.copyOfRange(address, 12, 16));
        }
        if (SIX_TO_FOUR.contains(address)) {
            found.add(Arrays.copyOfRange(address, 2, 6));
        }
        if (TEREDO.contains(address)) {
            found.add(Arrays.copyOfRange(address, 4, 8));
            found.add(inverted(Arrays.copyOfRange(address, 12, 16)));
        }
        if ((address[8] & ~2) == 0 && address[9] == 0 && address[10] == 0x5e && address[11] == (byte) 0xfe) {
            found.add(Arrays.copyOfRange(address, 12, 16));
        }
        return found.build();
    }

    private static byte[] inverted(byte[] address) {
        for (int i = 0; i < address.length; i++) {
            address[i] = (byte) ~address[i];
        }
        return address;
    }

    private static boolean plainV4(String text) {
        var parts = text.split("\\.", -1);
        return parts.length == 4 && Arrays.stream(parts).allMatch(Addresses::plainByte);
    }

    private static boolean plainByte(String text) {
        return PLAIN_BYTE.matcher(text).matches() && Integer.parseInt(text) <= 255;
    }

    private static boolean in(List<Range> ranges, byte[] address) {
        return ranges.stream().anyMatch(it -> it.contains(address));
    }

    private static List<Range> ranges(String... texts) {
        return Arrays.stream(texts).map(Range::of).toList();
    }
}
