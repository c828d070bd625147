package ferry.connector.icloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.connector.ConnectorException.Refused;
import ferry.connector.Feed;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Reading;
import ferry.connector.icloud.FakeApple.MemoryAccess;
import ferry.connector.icloud.FakeApple.Told;
import ferry.error.ErrorCode;
import java.net.BindException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class AccountTest {
    private static final String DEVICES = "GET /account/setup/web/device/getDevices";
    private static final String FAMILY = "GET /account/setup/web/family/getFamilyDetails";
    private static final String STORAGE = "POST /setup/storageUsageInfo";

    private final FakeApple apple = new FakeApple();
    private final ICloudConnector connector = new ICloudConnector(apple.outbound, apple.settings(), apple.clock);
    private final MemoryAccess access = new MemoryAccess(apple.access());

    AccountTest() throws BindException {}

    @AfterEach
    void stop() {
        apple.close();
    }

    @Test
    void theAccountHasTheNamesOfItsOwner() throws Exception {
        var record = only(info("icloud.account"));
        assertThat(record.path("first_name").asString()).isEqualTo("Jane");
        assertThat(record.path("last_name").asString()).isEqualTo("Doe");
        assertThat(record.path("full_name").asString()).isEqualTo("Jane Doe");
        assertThat(record.path("id").asString()).isEqualTo("account:42");
        assertThat(record.path("locale").isNull()).isTrue();
    }

    @Test
    void devicesComeWithoutPaymentMethods() throws Exception {
        apple.on(
                DEVICES,
                Told.of(
                        200,
                        "{\"devices\":[{\"name\":\"Phone\",\"udid\":\"u1\",\"osVersion\":\"iOS;18.1\",\"imei\":\"\",\"paymentMethods\":[\"p\"]}],\"paymentMethods\":[{\"id\":\"p\"}]}"));
        var record = only(info("icloud.devices"));
        assertThat(record.path("os").asString()).isEqualTo("iOS");
        assertThat(record.path("os_version").asString()).isEqualTo("18.1");
        assertThat(record.path("imei").isNull()).isTrue();
        assertThat(record.toString()).doesNotContain("payment");
    }

    @Test
    void backupsAreTheLatestOfEachDeviceAndTheirStorage() throws Exception {
        apple.on(
                DEVICES,
                Told.of(200, "{\"devices\":[{\"udid\":\"u1\",\"latestBackup\":1700000000000},{\"udid\":\"u2\"}]}"));
        apple.on(
                STORAGE,
                Told.of(200, "{\"storageUsageByMedia\":[{\"mediaKey\":\"backup\",\"usageInBytes\":\"799\"}]}"));
        var records = info("icloud.backups");
        assertThat(records).hasSize(2);
        assertThat(records.get(0).path("date_latest").asString()).isEqualTo("2023-11-14T22:13:20.000Z");
        assertThat(records.get(1).path("used_bytes").asLong()).isEqualTo(799);
    }

    @ParameterizedTest
    @ValueSource(strings = {"icloud.account", "icloud.devices", "icloud.storage", "icloud.family", "icloud.backups"})
    void anAnswerWithoutWhatItIsThereForIsNoFeed(String type) {
        var other = Told.of(200, "{\"status\":\"well\"}");
        List.of("POST /setup/validate", DEVICES, FAMILY, STORAGE).forEach(call -> apple.on(call, other));
        assertThatThrownBy(() -> info(type))
                .isInstanceOfSatisfying(
                        Refused.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SERVICE_UNAVAILABLE));
    }

    @Test
    void whoHasNoFamilyHasNoMembers() throws Exception {
        apple.on(FAMILY, Told.of(200, "{\"isMemberOfFamily\":false}"));
        assertThat(info("icloud.family")).isEmpty();
    }

    @Test
    void anEmptyAnswerIsAnEmptyFeed() throws Exception {
        apple.on(DEVICES, Told.of(200, ""));
        apple.on(FAMILY, Told.of(200, "null"));
        assertThat(info("icloud.devices")).isEmpty();
        assertThat(info("icloud.family")).isEmpty();
    }

    @Test
    void aPictureIsToldOnlyWhereItIsAnybodys() throws Exception {
        var anybodys = "https://statici.icloud.com/fmipmobile/deviceImages-4.0/iPhone/iPhone12,1-1-6-0/a__2x.png";
        apple.on(
                DEVICES,
                Told.of(
                        200,
                        "{\"devices\":[{\"udid\":\"u1\",\"modelLargePhotoURL2x\":\"%s\"},{\"udid\":\"u2\",\"modelLargePhotoURL2x\":\"%s?token=t\"},{\"udid\":\"u3\",\"modelLargePhotoURL2x\":\"https://elsewhere.example/a.png\"}]}"
                                .formatted(anybodys, anybodys)));
        assertThat(info("icloud.devices"))
                .extracting(device -> device.path("picture_url").asString(""))
                .containsExactly(anybodys, "", "");
    }

    private static JsonNode only(List<JsonNode> records) {
        assertThat(records).hasSize(1);
        return records.getFirst();
    }

    private List<JsonNode> info(String type) throws Exception {
        var records = new ArrayList<JsonNode>();
        connector.info(new Reading(FakeApple.ACCOUNT, access, apple.limits()), type, into(records));
        return records;
    }

    private static Feed into(List<JsonNode> records) {
        return new Feed() {
            @Override
            public void item(ObjectNode node) {
                records.add(node.deepCopy());
            }

            @Override
            public String fileId(FileRef ref) {
                throw new AssertionError("an account has no files");
            }

            @Override
            public boolean wants(String fileType) {
                return false;
            }

            @Override
            public Files files() {
                throw new AssertionError("an account has no files");
            }

            @Override
            public void expect(long total) {}

            @Override
            public void refused(String item, ErrorCode why, String detail) {
                throw new AssertionError(detail);
            }

            @Override
            public void warn(String code, String detail) {}

            @Override
            public void incomplete() {
                throw new AssertionError("nothing is missing");
            }
        };
    }
}
