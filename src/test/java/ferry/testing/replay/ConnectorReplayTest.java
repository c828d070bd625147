package ferry.testing.replay;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.FileRef;
import ferry.connector.Login;
import ferry.connector.NextStep;
import ferry.connector.Reading;
import ferry.connector.SignIn;
import ferry.connector.Target;
import ferry.connector.Window;
import ferry.connector.icloud.ICloudConnector;
import ferry.connector.icloud.ICloudSettings;
import ferry.connector.icloud.web.KeptFeed;
import ferry.crypto.Secret;
import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The iCloud connector against what Apple really sent.
class ConnectorReplayTest {
    private static final String ACCOUNT = "jdoe@gmail.com";
    private static final String ORIGINAL = "icpl.photos.original";
    private static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-11-23T10:00:00Z"));

    private final Outbound outbound = Outbound.open(EgressPolicy.of(List.of()).withLoopback());

    @BeforeAll
    static void recordings() {
        Traffic.assumePresent();
    }

    @AfterEach
    void close() {
        outbound.close();
    }

    @Test
    void anAccountWithoutSecondFactorSignsInAfterItsRepair() throws Exception {
        try (var server = ReplayServer.of(CLOCK, "auth_non_2fa")) {
            assertThat(signIn(connector(server), ACCOUNT)).isInstanceOf(Login.Opened.class);

            assertThat(server.asked("POST", "/repair/complete")).isEqualTo(1);
            server.assertEverythingWasRecorded();
        }
    }

    @Test
    void aCodeOpensTheSessionAndLeavesTrust() throws Exception {
        try (var server = ReplayServer.of(CLOCK, "2fa_flow_valid_code")) {
            var connector = connector(server);
            var asked = (Login.CodeRequired) signIn(connector, ACCOUNT);
            assertThat(asked.challenge().method()).isEqualTo("device");
            assertThat(asked.challenge().codeLength()).isEqualTo(6);
            assertThat(asked.challenge().methods()).anyMatch(way -> way.method().equals("sms"));

            var code = new NextStep.Code(new Secret("654321"));
            var opened = (Login.Opened) connector.proceed(ACCOUNT, asked.open(), code, new Unlimited());

            assertThat(opened.trust()).isPresent();
            // X-APPLE-WEBAUTH-TOKEN: recorded on 13 December 2023, 05:06:31, until 16 January 2024, 02:07:19.
            assertThat(opened.expires()).contains(Instant.parse("2026-12-27T07:00:48Z"));
            assertThat(server.asked("PUT", "/verify/trusteddevice/securitycode"))
                    .isEqualTo(1);
            server.assertEverythingWasRecorded();
        }
    }

    @Test
    void aRefusedPasswordIsNotTriedAgain() throws Exception {
        try (var server = ReplayServer.of(CLOCK, "failed_auth")) {
            assertThat(signIn(connector(server), "bad_username"))
                    .isEqualTo(new Login.Refused(ErrorCode.CREDENTIALS_INVALID, Optional.empty()));

            assertThat(server.asked("POST", "/signin/complete")).isEqualTo(1);
            assertThat(server.asked("POST", "/signin")).isZero();
            server.assertEverythingWasRecorded();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "listing_photos_raw, 100",
        // one of them from the shared library
        "listing_videos, 101",
        "download_autodelete_photos_part1, 100",
        "autodelete_photos, 16"
    })
    void everyPairOfAListingIsOneRecord(String recording, int pairs) throws Exception {
        try (var server = ReplayServer.of(CLOCK, "auth_non_2fa", recording)) {
            var connector = connector(server);
            var gathered = new KeptFeed();
            connector.data(reading(connector), "icpl.photos", Window.ALL, gathered);

            assertThat(gathered.ids()).hasSize(pairs).doesNotHaveDuplicates();
            assertThat(gathered.refusals).isEmpty();
            assertThat(server.asked("POST", "/records/modify")).isZero();
            server.assertEverythingWasRecorded();
        }
    }

    @Test
    void theGenuinePhotoIsTheOnlyFileThatIsPublished() throws Exception {
        try (var server = ReplayServer.of(CLOCK, "auth_non_2fa", "download_autodelete_photos_part1")) {
            var connector = connector(server);
            var gathered = new KeptFeed(ORIGINAL);
            connector.data(reading(connector), "icpl.photos", Window.ALL, gathered);

            assertThat(gathered.published.values())
                    .singleElement()
                    .satisfies(bytes -> assertThat(bytes.length).isEqualTo(85_638));
            assertThat(gathered.integrity.values()).containsExactly(Target.Integrity.SIGNATURE);
            assertThat(gathered.refusals).hasSize(99).allMatch(it -> it.endsWith(" not-retrievable"));
            server.assertEverythingWasRecorded();
        }
    }

    @ParameterizedTest
    @CsvSource({"listing_photos_raw", "listing_videos"})
    void aTruncatedFileIsRefused(String recording) throws Exception {
        try (var server = ReplayServer.of(CLOCK, "auth_non_2fa", recording)) {
            var connector = connector(server);
            var gathered = new KeptFeed(ORIGINAL);
            connector.data(reading(connector), "icpl.photos", Window.ALL, gathered);

            assertThat(gathered.published).isEmpty();
            var codes = gathered.refusals.stream()
                    .map(it -> it.substring(it.indexOf(' ') + 1))
                    .toList();
            assertThat(codes)
                    .hasSize(recording.equals("listing_videos") ? 101 : 100)
                    .containsOnlyOnce("integrity-mismatch")
                    .containsOnly("integrity-mismatch", "not-retrievable");
            server.assertEverythingWasRecorded();
        }
    }

    @Test
    void aFileIsFetchedLaterByItsReference() throws Exception {
        try (var server = ReplayServer.of(CLOCK, "auth_non_2fa", "download_autodelete_photos_part1")) {
            var connector = connector(server);
            var listed = new KeptFeed(ORIGINAL);
            connector.data(reading(connector), "icpl.photos", Window.ALL, listed);
            var reference = List.copyOf(listed.published.keySet());
            var unknown = new FileRef(ORIGINAL, "o:no-such-record");

            var fetched = new KeptFeed();
            connector.files(reading(connector), List.of(reference.getFirst(), unknown), fetched);

            assertThat(fetched.published.keySet()).containsExactlyElementsOf(reference);
            assertThat(fetched.refusals).containsExactly("o:no-such-record not-retrievable");
            server.assertEverythingWasRecorded();
        }
    }

    private ICloudConnector connector(ReplayServer server) {
        return new ICloudConnector(outbound, ICloudSettings.of(server.auth(), server.setup(), server.home()), CLOCK);
    }

    private static Login signIn(ICloudConnector connector, String account) throws Exception {
        var payload = Map.of("password", new Secret("password"));
        return connector.signIn(new SignIn(account, payload, Optional.empty()), new Unlimited());
    }

    private static Reading reading(ICloudConnector connector) throws Exception {
        var opened = (Login.Opened) signIn(connector, ACCOUNT);
        return new Reading(ACCOUNT, new HeldAccess(opened.access()), new Unlimited());
    }
}
