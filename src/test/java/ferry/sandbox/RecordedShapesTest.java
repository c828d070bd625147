package ferry.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.math.BigInteger;
import java.net.BindException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.AbstractConstruct;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Lays the simulator's answers beside recorded ones: every recorded key must be there, with the same type.
class RecordedShapesTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    /// Depend on the account or on what is mounted, or lead to hosts that are not simulated.
    private static final Set<String> FREE = Set.of("/webservices", "/configBag/urls");

    private Sandbox sandbox;
    private ScriptedClient client;

    @BeforeEach
    void start() throws BindException {
        sandbox = Sandbox.start(
                "127.0.0.1", 0, InstantSource.fixed(Instant.parse("2026-11-22T12:00:00Z")), SandboxOptions.DEFAULT);
        client = new ScriptedClient(sandbox);
        client.signIn("john.appleseed@sandbox.example", "password");
        client.showCode();
        client.code("123456");
        client.trust();
    }

    @AfterEach
    void stop() {
        sandbox.close();
    }

    @Test
    void accountLogin() throws IOException {
        var recorded = exchange("2fa_flow_valid_code.yml.gz", "/accountLogin");
        var ours = client.accountLogin().json();
        assertThat(differences("", recorded, ours)).isEmpty();
        ours.get("webservices").propertyStream().forEach(service -> {
            // Other clients have seen it; the recorded account shared nothing.
            var name = service.getKey().equals("sharedstreams") ? "contacts" : service.getKey();
            var theirs = recorded.get("webservices").get(name);
            assertThat(theirs).as(service.getKey()).isNotNull();
            assertThat(differences("", theirs, service.getValue())).isEmpty();
        });
        theOldAnswerDiffersOnlyWhereAppleChangedIt(ours);
    }

    private static void theOldAnswerDiffersOnlyWhereAppleChangedIt(JsonNode ours) throws IOException {
        assertThat(differences("", answer("login.login_working.json"), ours))
                .allMatch(difference -> difference.contains("/gilligan-")
                        || difference.contains("/appleIdAliases")
                        || difference.contains("/accountCreateEnabled")
                        || difference.contains("/ICDRSCapableDeviceCount")
                        || difference.contains("/apps/fmf"));
    }

    @Test
    void init() throws IOException {
        var recorded = exchange("2fa_flow_valid_code.yml.gz", "/signin/init");
        var ours = new ScriptedClient(sandbox)
                .init("john.appleseed@sandbox.example")
                .json();
        assertThat(differences("", recorded, ours)).isEmpty();
        assertThat(differences("", ours, recorded)).isEmpty();
    }

    @Test
    void thePageWithTheState() throws IOException {
        var again = new ScriptedClient(sandbox);
        again.signIn("john.appleseed@sandbox.example", "password");
        again.extra.put("Accept", "text/html");
        var ours = bootArgs(again.auth("GET", "", null).text());
        var recorded = bootArgs(text("2fa_flow_valid_code.yml.gz", "/appleauth/auth"));
        for (var part : List.of("trustedPhoneNumbers", "trustedPhoneNumber", "securityCode", "authenticationType")) {
            var pointer = "/direct/twoSV/phoneNumberVerification/" + part;
            assertThat(differences("", recorded.at(pointer), ours.at(pointer)))
                    .as(part)
                    .isEmpty();
        }
        assertThat(differences("", recorded.at("/additional"), ours.at("/additional")))
                .isEmpty();
    }

    private static JsonNode bootArgs(String page) {
        var start = page.indexOf('>', page.indexOf("class=\"boot_args\"")) + 1;
        return JSON.readTree(page.substring(start, page.indexOf("</script>", start)));
    }

    @Test
    void aWrongPassword() throws IOException {
        var recorded = exchange("failed_auth.yml.gz", "/signin/complete");
        var ours = new ScriptedClient(sandbox)
                .signIn("plain@sandbox.example", "wrong")
                .json();
        assertThat(differences("", recorded, ours)).isEmpty();
        assertThat(differences("", ours, recorded)).isEmpty();
    }

    @Test
    void theKnownAnswersOfTheExchange() throws IOException {
        var vectors = JSON.readTree(Files.readAllBytes(recordings().resolve("srp-vectors.json")))
                .get("vectors");
        assertThat(vectors).isNotEmpty();
        for (var vector : vectors) {
            var verifier = SrpServer.Verifier.of(
                    vector.get("password").asString(),
                    vector.get("protocol").asString(),
                    bytes(vector, "salt"),
                    vector.get("iteration").asInt());
            assertThat(verifier.value()).isEqualTo(SrpServer.number(bytes(vector, "verifier_v")));
            var offer = new SrpServer.Offer(
                    verifier,
                    SrpServer.number(bytes(vector, "A")),
                    new BigInteger(vector.get("serverPrivate_b_hex").asString(), 16),
                    SrpServer.number(bytes(vector, "B")));
            var name = vector.get("accountName").asString();
            assertThat(offer.proven(name, bytes(vector, "M1"), bytes(vector, "M2")))
                    .isTrue();
            assertThat(offer.proven("x" + name, bytes(vector, "M1"), bytes(vector, "M2")))
                    .isFalse();
            assertThat(offer.proven(name, bytes(vector, "M1"), bytes(vector, "M1")))
                    .isFalse();
        }
    }

    private static byte[] bytes(JsonNode vector, String name) {
        return Base64.getDecoder().decode(vector.get(name).asString());
    }

    @Test
    void devices() throws IOException {
        var url = client.accountLogin().json().at("/webservices/account/url").asString();
        var ours = client.service(url + "/setup/web/device/getDevices").json();
        assertThat(differences("", answer("account.account_devices_working.json"), ours))
                .isEmpty();
    }

    @Test
    void family() throws IOException {
        var url = client.accountLogin().json().at("/webservices/account/url").asString();
        var ours = client.service(url + "/setup/web/family/getFamilyDetails").json();
        assertThat(differences("", answer("account_family.account_family_working.json"), ours))
                .isEmpty();
    }

    @Test
    void storage() throws IOException {
        client.accountLogin();
        var ours = client.setup("/storageUsageInfo", "{}").json();
        assertThat(differences("", answer("account.account_storage_working.json"), ours))
                .isEmpty();
    }

    /// What of the one is missing in the other or has another type there. Of lists the first elements are
    /// compared.
    private static List<String> differences(String path, JsonNode one, JsonNode other) {
        var found = new ArrayList<String>();
        if (one.getNodeType() != other.getNodeType()) {
            found.add(path + " is " + other.getNodeType() + ", not " + one.getNodeType());
        } else if (one.isArray() && !one.isEmpty()) {
            if (other.isEmpty()) {
                found.add(path + " is empty");
            } else {
                found.addAll(differences(path + "/0", one.get(0), other.get(0)));
            }
        } else if (one.isObject() && !FREE.contains(path)) {
            one.propertyStream()
                    .forEach(property -> found.addAll(differences(
                            path + "/" + property.getKey(), property.getValue(), other.path(property.getKey()))));
        }
        return found;
    }

    private static JsonNode answer(String name) throws IOException {
        return JSON.readTree(Files.readAllBytes(recordings().resolve("answers").resolve(name)));
    }

    private static JsonNode exchange(String name, String call) throws IOException {
        return JSON.readTree(text(name, call));
    }

    /// The body of the last recorded answer to that call.
    private static String text(String name, String call) throws IOException {
        try (var in = new GZIPInputStream(
                Files.newInputStream(recordings().resolve("traffic").resolve(name)))) {
            Map<String, List<Map<String, Map<String, Object>>>> tape = new Yaml(new Tape()).load(in);
            var body = "";
            for (var interaction : tape.getOrDefault("interactions", List.of())) {
                var uri = String.valueOf(
                        interaction.getOrDefault("request", Map.of()).get("uri"));
                var answer = interaction.getOrDefault("response", Map.of()).get("body");
                if (uri.replaceAll("\\?.*", "").endsWith(call) && answer instanceof Map<?, ?> map) {
                    body = String.valueOf(map.get("string"));
                }
            }
            return body;
        }
    }

    /// The recordings lie beside the project or beside one of the folders above it.
    private static Path recordings() {
        for (var folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
            var found = folder.resolve("shared").resolve("recordings").resolve("icloud");
            if (Files.isDirectory(found)) {
                return found;
            }
        }
        assumeTrue(false, "no recorded answers beside the project: shapes are not compared");
        throw new IllegalStateException();
    }

    /// Reads the tags that Python left behind.
    private static final class Tape extends SafeConstructor {
        Tape() {
            super(lenient());
            yamlConstructors.put(new Tag("tag:yaml.org,2002:python/unicode"), new AbstractConstruct() {
                @Override
                public Object construct(Node node) {
                    return ((ScalarNode) node).getValue();
                }
            });
        }

        private static LoaderOptions lenient() {
            var options = new LoaderOptions();
            options.setTagInspector(_ -> true);
            return options;
        }
    }
}
