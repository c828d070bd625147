package ferry.connector.icloud;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.Login;
import ferry.connector.NextStep;
import ferry.connector.SignIn;
import ferry.connector.icloud.FakeApple.Told;
import ferry.crypto.Secret;
import ferry.error.ErrorCode;
import java.io.InputStreamReader;
import java.net.BindException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.AbstractConstruct;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;

/// Recorded sign-ins, played back. The proof cannot be: a real SRP server stands in for `init` and checks it.
class RecordedSignInTest {
    private final FakeApple apple = new FakeApple();

    RecordedSignInTest() throws BindException {}

    @AfterEach
    void stop() {
        apple.close();
    }

    @Test
    void aRecordedSignInWithACodeOpens() throws Exception {
        play("2fa_flow_valid_code");
        apple.on("PUT /auth/verify/trusteddevice/securitycode", Told.of(202, ""));
        var required = (Login.CodeRequired) signIn("password");
        assertThat(required.challenge().methods()).anyMatch(method -> "sms".equals(method.method()));
        var flow = flow();
        var opened = flow.proceed(required.open(), new NextStep.Code(new Secret("654321")), apple.limits());
        assertThat(opened).isInstanceOf(Login.Opened.class);
        assertThat(((Login.Opened) opened).trust()).isPresent();
        assertThat(apple.last("POST /setup/accountLogin").body()).contains("2svtoken-1234567890");
    }

    @Test
    void aRecordedSignInWithoutSecondFactorOpensAfterItsRepair() throws Exception {
        play("auth_non_2fa");
        assertThat(signIn("password")).isInstanceOf(Login.Opened.class);
        assertThat(apple.count("POST /auth/repair/complete")).isEqualTo(1);
    }

    @Test
    void aRecordedRefusalIsARefusal() throws Exception {
        play("failed_auth");
        assertThat(signIn("password")).isEqualTo(new Login.Refused(ErrorCode.CREDENTIALS_INVALID, Optional.empty()));
    }

    private Login signIn(String password) throws Exception {
        var payload = Map.of("password", new Secret(password));
        return flow().signIn(new SignIn(FakeApple.ACCOUNT, payload, Optional.empty()), apple.limits());
    }

    private SignInFlow flow() {
        return new SignInFlow(apple.outbound, apple.settings(), apple.clock, FakeApple.random());
    }

    /// Scripts every recorded exchange but `init`.
    private void play(String name) throws Exception {
        var scripts = new LinkedHashMap<String, List<Told>>();
        for (var each : list(map(recording(name)).get("interactions"))) {
            var request = map(map(each).get("request"));
            var path = URI.create(String.valueOf(request.get("uri"))).getPath();
            var call = request.get("method") + " "
                    + path.replace("/appleauth/auth", "/auth").replace("/setup/ws/1", "/setup");
            if (!call.endsWith("/signin/init")) {
                scripts.computeIfAbsent(call, _ -> new ArrayList<>())
                        .add(told(map(map(each).get("response"))));
            }
        }
        scripts.forEach((call, answers) -> apple.on(call, answers.toArray(Told[]::new)));
    }

    private static Told told(Map<?, ?> response) {
        var status = Integer.parseInt(String.valueOf(map(response.get("status")).get("code")));
        var body = map(response.get("body")).get("string");
        var text = body instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : String.valueOf(body);
        var told = Told.of(status, status == 204 ? "" : text);
        for (var header : map(response.get("headers")).entrySet()) {
            var name = String.valueOf(header.getKey());
            if (name.startsWith("X-Apple-") || name.equals("Set-Cookie")) {
                var values = list(header.getValue()).stream()
                        .map(value -> String.valueOf(value).replaceAll("(?i); ?(Domain=[^;]*|Secure)", ""))
                        .map(value -> value.replaceAll("-(20\\d\\d) ", "-2034 "))
                        .toArray(String[]::new);
                told = told.with(name, values);
            }
        }
        return told;
    }

    private static Object recording(String name) throws Exception {
        var file = Recordings.icloud("traffic/" + name + ".yml.gz");
        try (var text =
                new InputStreamReader(new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8)) {
            return new Yaml(new PythonText()).load(text);
        }
    }

    private static Map<?, ?> map(@Nullable Object value) {
        return (Map<?, ?>) Objects.requireNonNull(value);
    }

    private static List<?> list(@Nullable Object value) {
        return (List<?>) Objects.requireNonNull(value);
    }

    /// The recorder's own tag for text.
    private static final class PythonText extends SafeConstructor {
        private static LoaderOptions options() {
            var options = new LoaderOptions();
            options.setTagInspector(tag -> tag.getValue().endsWith("python/unicode"));
            return options;
        }

        PythonText() {
            super(options());
            yamlConstructors.put(new Tag("tag:yaml.org,2002:python/unicode"), new AbstractConstruct() {
                @Override
                public Object construct(Node node) {
                    return ((ScalarNode) node).getValue();
                }
            });
        }
    }
}
