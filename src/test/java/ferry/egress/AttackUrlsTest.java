package ferry.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// A few hundred attacks on the way out, with listeners on every address of this machine: nobody ever arrives. Run by
/// `bench/egress` where this machine has every forbidden address that a machine can have.
class AttackUrlsTest {
    private static final InetAddress OPEN = InetAddress.ofLiteral("93.184.216.34");

    private final Sinks sinks = new Sinks();

    @AfterEach
    void stop() {
        sinks.close();
    }

    private static Optional<URI> parsed(String text) {
        try {
            return Optional.of(new URI(text));
        } catch (URISyntaxException _) {
            return Optional.empty(); // nothing that could be called
        }
    }

    private void assertNobodyCame() {
        assertThat(sinks.arrivals()).isEmpty();
    }

    @Test
    void noUrlThatIsWrittenOutReachesAnything() throws Exception {
        var urls = new ArrayList<>(AttackUrls.literal("http", sinks.port()));
        urls.addAll(AttackUrls.literal("https", sinks.port()));
        int called = 0;
        try (var outbound = Outbound.open(
                EgressPolicy.of(List.of()),
                host -> host.contains("localhost") ? List.of(InetAddress.getAllByName("localhost")) : List.of())) {
            for (var text : urls) {
                var url = parsed(text);
                if (url.isPresent()) {
                    called++;
                    assertThatThrownBy(() -> outbound.send(Call.get(url.get())))
                            .as(text)
                            .isInstanceOf(EgressRefused.class)
                            .hasMessageNotContaining("hush")
                            .hasMessageNotContaining("pass@");
                    assertThatThrownBy(() -> outbound.check(url.get())).as(text).isInstanceOf(EgressRefused.class);
                }
            }
        }
        assertNobodyCame();
        assertThat(called).isGreaterThan(800);
        System.out.printf(
                "%d URLs written out, %d of them called (the rest is no URL), 0 connections%n", urls.size(), called);
    }

    @Test
    void noNameThatLeadsThereReachesAnything() throws Exception {
        var names = AttackUrls.names();
        try (var outbound = Outbound.open(EgressPolicy.of(List.of()), host -> names.getOrDefault(host, List.of()))) {
            for (var name : names.keySet()) {
                for (var host : List.of(name, name + ".")) {
                    for (var scheme : List.of("http", "https")) {
                        var url = parsed(scheme + "://" + host + ":" + sinks.port() + "/");
                        url.ifPresent(it -> assertThatThrownBy(() -> outbound.send(Call.get(it)))
                                .as(host + " at " + names.get(name))
                                .isInstanceOf(EgressRefused.class));
                    }
                }
            }
        }
        assertNobodyCame();
        assertThat(names).hasSizeGreaterThan(250);
    }

    @Test
    void noNameThatTurnsThereAfterItWasCheckedReachesAnything() throws Exception {
        for (var address : AttackUrls.addresses()) {
            var answers = new ArrayList<>(List.of(OPEN, address));
            try (var outbound = Outbound.open(EgressPolicy.of(List.of()), _ -> List.of(answers.removeFirst()))) {
                var url = URI.create("http://rebind.example:" + sinks.port() + "/");
                outbound.check(url);
                assertThatThrownBy(() -> outbound.send(Call.get(url)))
                        .as(address.toString())
                        .isInstanceOf(EgressRefused.class);
            }
        }
        assertNobodyCame();
    }

    @Test
    void noRedirectReachesAnything() throws Exception {
        var target = new HashMap<String, String>();
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        server.createContext("/", exchange -> {
            exchange.getResponseHeaders().set("Location", target.getOrDefault("to", ""));
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
        server.start();
        var here = "127.0.0.1:" + server.getAddress().getPort();
        try (var outbound = Outbound.open(EgressPolicy.of(List.of(here)), _ -> List.of())) {
            for (var text : AttackUrls.literal("http", sinks.port())) {
                var ascii = parsed(text).filter(it -> it.toString().chars().allMatch(c -> c < 128));
                if (ascii.isPresent()) {
                    target.put("to", text);
                    try (var answer = outbound.send(Call.get(URI.create("http://" + here + "/")))) {
                        assertThat(answer.status()).isEqualTo(302);
                        // Whoever follows it makes a call of its own, which is checked as the first was.
                        var next = URI.create(answer.header("Location").orElseThrow());
                        assertThatThrownBy(() -> outbound.send(Call.get(next)))
                                .as(text)
                                .isInstanceOf(EgressRefused.class);
                    }
                }
            }
        } finally {
            server.stop(0);
        }
        assertNobodyCame();
    }

    /// The count of zero above means something: these are reached by whoever does not ask the guard.
    @Test
    void whoDoesNotAskTheGuardIsCounted() {
        var here = AttackUrls.addresses().stream().filter(Sinks::isHere).toList();
        var reached = here.stream().filter(sinks::reachedAt).toList();
        assertThat(reached).contains(InetAddress.ofLiteral("127.0.0.1"), InetAddress.ofLiteral("127.255.255.254"));
        System.out.printf(
                "%d of %d forbidden addresses lead to the listeners of this machine%n",
                reached.size(), AttackUrls.addresses().size());
        int wanted = Integer.getInteger("ferry.egress.reached", 2);
        assertThat(reached).hasSizeGreaterThanOrEqualTo(wanted);
    }

    @Test
    void anEntryOfTheAllowListIsExactlyThatHostAndPort() throws Exception {
        int port = sinks.port();
        var loopback = InetAddress.ofLiteral("127.0.0.1");
        var policy = EgressPolicy.of(List.of("hooks.internal:" + port));
        try (var outbound = Outbound.open(policy, _ -> List.of(loopback))) {
            for (var allowed : List.of("hooks.internal", "HOOKS.internal", "hooks.internal.")) {
                assertThat(catchThrowable(() -> outbound.check(url(allowed, port))))
                        .as(allowed)
                        .isNull();
            }
            for (var other : List.of(
                    "other.internal",
                    "a.hooks.internal",
                    "hooks.internal.example",
                    "xhooks.internal",
                    "127.0.0.1",
                    "localhost")) {
                assertRefused(outbound, url(other, port));
            }
            for (int otherPort : List.of(port - 1, port + 1, 80, 443)) {
                assertRefused(outbound, url("hooks.internal", otherPort));
            }
        }
        assertNobodyCame();
    }

    @Test
    void aRangeOfTheAllowListIsExactlyThoseAddressesAndThatPort() throws Exception {
        var policy = EgressPolicy.of(List.of("10.1.0.0/16:8443", "[fd12:3456::]/32:8443", "192.168.7.9:8443"));
        Map<String, List<InetAddress>> names = new HashMap<>();
        try (var outbound = Outbound.open(policy, host -> names.getOrDefault(host, List.of()))) {
            for (var allowed : List.of(
                    "10.1.0.0",
                    "10.1.255.255",
                    "[fd12:3456::1]",
                    "[fd12:3456:ffff::1]",
                    "192.168.7.9",
                    "[::ffff:10.1.2.3]")) {
                assertThat(catchThrowable(() -> outbound.check(url(allowed, 8443))))
                        .as(allowed)
                        .isNull();
                assertRefused(outbound, url(allowed, 8444));
            }
            for (var other : List.of(
                    "10.0.255.255",
                    "10.2.0.0",
                    "[fd12:3455:ffff::1]",
                    "[fd12:3457::1]",
                    "192.168.7.8",
                    "192.168.7.10",
                    "[64:ff9b::10.1.2.3]",
                    "[2002:a01:203::1]",
                    "[::10.1.2.3]")) {
                assertRefused(outbound, url(other, 8443));
            }
            names.put("in.example", List.of(InetAddress.ofLiteral("10.1.2.3")));
            names.put("half.example", List.of(InetAddress.ofLiteral("10.1.2.3"), InetAddress.ofLiteral("10.2.0.1")));
            assertThat(catchThrowable(() -> outbound.check(url("in.example", 8443))))
                    .isNull();
            assertRefused(outbound, url("half.example", 8443));
        }
    }

    @Test
    void aNameThatIsAllowedNeverLeadsToMetadata() throws Exception {
        var policy = EgressPolicy.of(List.of("hooks.internal:80"));
        for (var never : List.of(
                "169.254.169.254",
                "168.63.129.16",
                "100.100.100.200",
                "192.0.0.192",
                "fd00:ec2::254",
                "fd20:ce::254",
                "fe80::a9fe:a9fe",
                "64:ff9b::a9fe:a9fe",
                "2002:a9fe:a9fe::1",
                "::a9fe:a9fe",
                "::ffff:169.254.169.254",
                "0.0.0.0",
                "::",
                "224.0.0.1",
                "ff02::1",
                "255.255.255.255")) {
            try (var outbound = Outbound.open(policy, _ -> List.of(InetAddress.ofLiteral(never)))) {
                assertRefused(outbound, url("hooks.internal", 80));
            }
        }
    }

    private static URI url(String host, int port) {
        return URI.create("http://" + host + ":" + port + "/");
    }

    private static void assertRefused(Outbound outbound, URI url) throws IOException {
        assertThatThrownBy(() -> outbound.send(Call.get(url)))
                .as(url.toString())
                .isInstanceOf(EgressRefused.class);
    }
}
