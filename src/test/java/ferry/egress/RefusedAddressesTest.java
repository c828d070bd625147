package ferry.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;

class RefusedAddressesTest {
    private static final List<String> HOSTS = List.of(
            "127.0.0.1",
            "127.1",
            "127.0.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "017700000001",
            "127.0.0.1.",
            "127.255.255.254",
            "0.0.0.0",
            "0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "169.254.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "198.18.0.1",
            "198.19.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "localhost",
            "LOCALHOST",
            "localhost.",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[::]",
            "[::127.0.0.1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::ffff:10.0.0.1]",
            "[::ffff:169.254.169.254]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b::10.0.0.1]",
            "[64:ff9b:1::7f00:1]",
            "[2002:7f00:1::]",
            "[2002:a00:1::1]",
            "[2001:0:7f00:1::1]",
            "[2001:0:808:808::80ff:fffe]",
            "[fe80::1]",
            "[fe80::1%25lo]",
            "[fec0::1]",
            "[fc00::1]",
            "[fd00:ec2::254]",
            "[fdff::1]",
            "[ff02::1]",
            "[2001:db8::1]",
            "[3fff::1]",
            "[100::1]",
            "[5f00::1]",
            "[2001:2::1]",
            "[2606:4700::5efe:127.0.0.1]",
            "user@127.0.0.1",
            "user:pass@localhost",
            "256.1.1.1",
            "1.2.3.4.5",
            "127.0.0.0x1",
            "a_b",
            "nowhere.invalid");

    @Test
    void noNotationReachesThisMachine() throws IOException {
        try (var sink = new ServerSocket(0, 10, InetAddress.ofLiteral("127.0.0.1"));
                var outbound = Outbound.open(
                        EgressPolicy.of(List.of()),
                        host -> host.equals("localhost") ? List.of(InetAddress.getAllByName(host)) : List.of())) {
            for (var host : HOSTS) {
                var url = URI.create("http://" + host + ":" + sink.getLocalPort() + "/?q=hush");
                assertThatThrownBy(() -> outbound.send(Call.get(url)))
                        .as(host)
                        .isInstanceOf(EgressRefused.class)
                        .hasMessageNotContaining("hush")
                        .hasMessageNotContaining("pass@");
            }
            sink.setSoTimeout(200);
            assertThatThrownBy(sink::accept).isInstanceOf(SocketTimeoutException.class);
        }
        assertThat(HOSTS).hasSizeGreaterThan(60);
    }
}
