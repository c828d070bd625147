package ferry.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.Login;
import ferry.connector.NextStep;
import ferry.connector.SignIn;
import ferry.connector.icloud.ICloudConnector;
import ferry.connector.icloud.ICloudSettings;
import ferry.crypto.Secret;
import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import ferry.testing.NoLimits;
import java.net.BindException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The real connector, which does not know where it is, signs in to the named accounts.
class ConnectorAtSandboxTest {
    private final SandboxClock clock = SandboxClock.standing(Instant.parse("2026-11-22T12:00:00Z"));
    private Sandbox sandbox;
    private Outbound outbound;
    private ICloudConnector connector;

    @BeforeEach
    void start() throws BindException {
        sandbox = Sandbox.start("127.0.0.1", 0, clock, SandboxOptions.DEFAULT);
        outbound = Outbound.open(EgressPolicy.of(List.of()).withLoopback());
        var settings = ICloudSettings.of(sandbox.authUrl(), sandbox.setupUrl(), sandbox.homeUrl());
        connector = new ICloudConnector(outbound, settings, clock);
    }

    @AfterEach
    void stop() {
        outbound.close();
        sandbox.close();
        assertThat(sandbox.journal().violations()).isEmpty();
    }

    private Login signIn(String name, String password, Optional<Secret> trust) throws Exception {
        return connector.signIn(
                new SignIn(name + "@sandbox.example", Map.of("password", new Secret(password)), trust),
                new NoLimits(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "big", "leading-zero", "hashcash", "repair", "moving-partition", "managed"})
    void thePasswordOpens(String name) throws Exception {
        assertThat(signIn(name, "password", Optional.empty())).isInstanceOf(Login.Opened.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "john.appleseed",
                "device-2024",
                "code-200",
                "code-409",
                "code-409-without-token",
                "code-412",
                "sms-only",
                "sms-2024",
                "phones",
                "strict-headers",
                "logical-status"
            })
    void theCodeOpensAndIsNotWantedTwice(String name) throws Exception {
        var first = signIn(name, "password", Optional.empty());
        assertThat(first).isInstanceOf(Login.CodeRequired.class);
        var opened = connector.proceed(
                name + "@sandbox.example",
                ((Login.CodeRequired) first).open(),
                new NextStep.Code(new Secret("123456")),
                new NoLimits(1));
        assertThat(opened).isInstanceOf(Login.Opened.class);
        assertThat(signIn(name, "password", ((Login.Opened) opened).trust())).isInstanceOf(Login.Opened.class);
    }

    @ParameterizedTest
    @CsvSource({
        "plain, wrong, CREDENTIALS_INVALID",
        "nobody, password, CREDENTIALS_INVALID",
        "locked, password, SOURCE_LOCKED",
        "throttled, password, THROTTLED",
        "terms, password, TERMS_PENDING",
        "repair-stuck, password, OWNER_ACTION_REQUIRED",
        "security-key, password, SECOND_FACTOR_UNSUPPORTED"
    })
    void aRefusalSaysWhoMustAct(String name, String password, String code) throws Exception {
        var login = signIn(name, password, Optional.empty());
        assertThat(login).isInstanceOf(Login.Refused.class);
        assertThat(((Login.Refused) login).why().name()).isEqualTo(code);
    }

    @Test
    void aWrongCodeIsToldApart() throws Exception {
        var first = (Login.CodeRequired) signIn("john.appleseed", "password", Optional.empty());
        var second = connector.proceed(
                "john.appleseed@sandbox.example",
                first.open(),
                new NextStep.Code(new Secret("000000")),
                new NoLimits(1));
        assertThat(second).isInstanceOf(Login.CodeRequired.class);
        assertThat(((Login.CodeRequired) second).wrongCode()).isTrue();
    }
}
