package ferry.connector.icloud;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.connector.Reading;
import ferry.connector.icloud.FakeApple.MemoryAccess;
import ferry.connector.icloud.FakeApple.Told;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.KeptFeed;
import java.net.BindException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/// The recorded answers about an account, field by field: what the feed shows is what was recorded, it shows nothing
/// else, and what it does not show is left out on purpose. No assertion may print a value.
class RecordedAccountTest {
    private static final Map<String, From> OWNER = Map.ofEntries(
            Map.entry("id", From.of("dsid", dsid -> text("account:" + dsid.asString()))),
            Map.entry("first_name", From.same("firstName")),
            Map.entry("last_name", From.same("lastName")),
            Map.entry("full_name", From.same("fullName")),
            Map.entry("apple_id", From.same("appleId")),
            Map.entry("primary_email", From.same("primaryEmail")),
            Map.entry("email_aliases", From.same("appleIdAliases")),
            Map.entry("country_code", From.same("countryCode")),
            Map.entry("locale", From.same("locale")),
            Map.entry("language_code", From.same("languageCode")),
            Map.entry("is_managed", From.same("isManagedAppleID")),
            Map.entry("has_advanced_data_protection", From.same("iCDPEnabled")));

    /// How the account stands with services, which a session reads; and the addresses once more.
    private static final Set<String> NOT_OF_THE_OWNER = Set.of(
            "aDsID",
            "appleIdAlias",
            "appleIdEntries",
            "brMigrated",
            "brZoneConsolidated",
            "familyEligible",
            "gilligan-enabled",
            "gilligan-invited",
            "hasICloudQualifyingDevice",
            "hasPaymentInfo",
            "hsaEnabled",
            "hsaVersion",
            "iCloudAppleIdAlias",
            "ironcadeMigrated",
            "isPaidDeveloper",
            "locked",
            "notesMigrated",
            "notificationId",
            "pcsDeleted",
            "primaryEmailVerified",
            "statusCode",
            "tantorMigrated");

    private static final Map<String, From> DEVICE = Map.of(
            "id", From.of("udid", udid -> text("device:" + udid.asString())),
            "name", From.same("name"),
            "model", From.same("model"),
            "model_name", From.same("modelDisplayName"),
            "os", From.of("osVersion", version -> text(version.asString().split(";", -1)[0])),
            "os_version",
                    From.of("osVersion", version -> text(version.asString().split(";", -1)[1])),
            "serial_number", From.same("serialNumber"),
            "imei", From.of("imei", imei -> imei.asString().isEmpty() ? NullNode.getInstance() : imei),
            "picture_url", From.same("modelLargePhotoURL2x"));

    /// What one pays with, and the same picture in other sizes.
    private static final Set<String> NOT_OF_A_DEVICE =
            Set.of("paymentMethods", "modelLargePhotoURL1x", "modelSmallPhotoURL1x", "modelSmallPhotoURL2x");

    private static final Map<String, From> STORAGE = Map.of(
            "used_bytes", From.same("usedStorageInBytes"),
            "total_bytes", From.same("totalStorageInBytes"),
            "comp_bytes", From.same("compStorageInBytes"),
            "commerce_bytes", From.same("commerceStorageInBytes"),
            "over_quota", From.same("overQuota"),
            "almost_full", From.same("almost-full"),
            "paid", From.same("paidQuota"),
            "has_highest_plan", From.same("haveMaxQuotaTier"));

    private static final Map<String, From> MEDIUM = Map.of(
            "media", From.same("mediaKey"),
            "name", From.same("displayLabel"),
            "color", From.same("displayColor"),
            "used_bytes", From.same("usageInBytes"));

    private static final Map<String, From> MEMBER = Map.ofEntries(
            Map.entry("id", From.of("dsid", dsid -> text("family_member:" + dsid.asString()))),
            Map.entry("first_name", From.same("firstName")),
            Map.entry("last_name", From.same("lastName")),
            Map.entry("full_name", From.same("fullName")),
            Map.entry("apple_id", From.same("appleId")),
            Map.entry("purchases_apple_id", From.same("appleIdForPurchases")),
            Map.entry("invitation_email", From.same("originalInvitationEmail")),
            Map.entry(
                    "age_classification",
                    From.of("ageClassification", age -> text(age.asString().toLowerCase(Locale.ROOT)))),
            Map.entry("has_parental_privileges", From.same("hasParentalPrivileges")),
            Map.entry("has_ask_to_buy", From.same("hasAskToBuyEnabled")),
            Map.entry("has_screen_time", From.same("hasScreenTimeEnabled")),
            Map.entry("shares_purchases", From.same("hasSharePurchasesEnabled")),
            Map.entry("shares_location", From.same("hasShareMyLocationEnabled")));

    /// Which family, which is the account's own; a second number of the member; whom the organizer sees.
    private static final Set<String> NOT_OF_A_MEMBER =
            Set.of("familyId", "dsidForPurchases", "shareMyLocationEnabledFamilyMembers");

    private final FakeApple apple = new FakeApple();
    private final ICloudConnector connector = new ICloudConnector(apple.outbound, apple.settings(), apple.clock);
    private final MemoryAccess access = new MemoryAccess(apple.access());

    RecordedAccountTest() throws BindException {}

    /// A recorded key, and how its value comes to be what the feed shows.
    private record From(String key, UnaryOperator<JsonNode> as) {
        static From same(String key) {
            return new From(key, value -> value);
        }

        static From of(String key, UnaryOperator<JsonNode> as) {
            return new From(key, as);
        }
    }

    @AfterEach
    void stop() {
        apple.close();
    }

    @Test
    void theRecordedOwnerIsReadFieldByField() throws Exception {
        var recorded = recorded("POST /setup/validate", "login.login_working.json");
        var records = info("icloud.account");
        assertThat(records.size()).isEqualTo(1);
        var record = records.getFirst();
        compare(recorded.path("dsInfo"), record, OWNER, NOT_OF_THE_OWNER, Set.of("data_type"));
        assertThat(record.path("data_type").asString()).isEqualTo("account");
    }

    @Test
    void everyRecordedDeviceIsReadFieldByField() throws Exception {
        var recorded = recorded("GET /account/setup/web/device/getDevices", "account.account_devices_working.json");
        assertThat(recorded.propertyNames()).containsExactlyInAnyOrder("devices", "paymentMethods");
        var records = info("icloud.devices");
        assertThat(records.size()).isEqualTo(recorded.path("devices").size()).isEqualTo(2);
        for (var i = 0; i < records.size(); i++) {
            compare(recorded.path("devices").get(i), records.get(i), DEVICE, NOT_OF_A_DEVICE, Set.of("data_type"));
            assertThat(records.get(i).path("data_type").asString()).isEqualTo("device");
        }
    }

    @Test
    void theRecordedStorageIsReadFieldByField() throws Exception {
        var recorded = recorded("POST /setup/storageUsageInfo", "account.account_storage_working.json");
        assertThat(recorded.propertyNames())
                .containsExactlyInAnyOrder("storageUsageByMedia", "storageUsageInfo", "quotaStatus");
        var records = info("icloud.storage");
        assertThat(records.size()).isEqualTo(1);
        var record = records.getFirst();
        var whole = Json.object();
        whole.setAll((ObjectNode) recorded.path("storageUsageInfo"));
        whole.setAll((ObjectNode) recorded.path("quotaStatus"));
        compare(whole, record, STORAGE, Set.of(), Set.of("id", "data_type", "by_media"));
        assertThat(record.path("id").asString()).isEqualTo("storage:account");
        assertThat(record.path("data_type").asString()).isEqualTo("storage");
        var media = recorded.path("storageUsageByMedia");
        assertThat(record.path("by_media").size()).isEqualTo(media.size()).isEqualTo(4);
        for (var i = 0; i < media.size(); i++) {
            compare(media.get(i), record.path("by_media").get(i), MEDIUM, Set.of(), Set.of());
        }
    }

    @Test
    void theRecordedBackupsAreTheStorageTheyTake() throws Exception {
        recorded("GET /account/setup/web/device/getDevices", "account.account_devices_working.json");
        var recorded = recorded("POST /setup/storageUsageInfo", "account.account_storage_working.json");
        var backup = recorded.path("storageUsageByMedia")
                .valueStream()
                .filter(medium -> medium.path("mediaKey").asString().equals("backup"))
                .findFirst()
                .orElseThrow();
        var records = info("icloud.backups");
        assertThat(records).hasSize(1);
        assertThat(records.getFirst().path("used_bytes").asLong())
                .isEqualTo(backup.path("usageInBytes").asLong())
                .isPositive();
    }

    @Test
    void everyRecordedMemberOfTheFamilyIsReadFieldByField() throws Exception {
        var recorded = recorded(
                "GET /account/setup/web/family/getFamilyDetails", "account_family.account_family_working.json");
        // Beside the members: who was invited, and how the page is to look.
        assertThat(recorded.propertyNames())
                .containsExactlyInAnyOrder(
                        "status-message",
                        "familyInvitations",
                        "outgoingTransferRequests",
                        "isMemberOfFamily",
                        "family",
                        "familyMembers",
                        "status",
                        "showAddMemberButton");
        var records = info("icloud.family");
        assertThat(records.size())
                .isEqualTo(recorded.path("familyMembers").size())
                .isEqualTo(3);
        var organizers = 0;
        for (var i = 0; i < records.size(); i++) {
            var member = recorded.path("familyMembers").get(i);
            var record = records.get(i);
            compare(member, record, MEMBER, NOT_OF_A_MEMBER, Set.of("data_type", "is_organizer"));
            assertThat(record.path("data_type").asString()).isEqualTo("family_member");
            var organizer = member.path("dsid").equals(recorded.at("/family/organizer"));
            assertThat(record.path("is_organizer").asBoolean()).isEqualTo(organizer);
            organizers += organizer ? 1 : 0;
        }
        assertThat(organizers).isEqualTo(1);
    }

    /// @param others fields of ours that stand for no single recorded key; compared by the caller
    private static void compare(
            JsonNode recorded, JsonNode record, Map<String, From> fields, Set<String> leftOut, Set<String> others) {
        var ours = new TreeSet<>(fields.keySet());
        ours.addAll(others);
        assertThat(new TreeSet<>(record.propertyNames())).isEqualTo(ours);
        var theirs = new HashSet<>(recorded.propertyNames());
        assertThat(theirs).containsAll(fields.values().stream().map(From::key).toList());
        theirs.removeAll(leftOut);
        fields.values().forEach(from -> theirs.remove(from.key()));
        assertThat(theirs).as("recorded, but neither shown nor left out").isEmpty();
        fields.forEach((name, from) -> assertThat(record.path(name)
                        .toString()
                        .equals(from.as().apply(recorded.path(from.key())).toString()))
                .as(name)
                .isTrue());
    }

    private static JsonNode text(String value) {
        return StringNode.valueOf(value);
    }

    private JsonNode recorded(String call, String name) throws Exception {
        var answer = Files.readString(Recordings.icloud("answers/" + name));
        apple.on(call, Told.of(200, answer));
        return Json.MAPPER.readTree(answer);
    }

    private List<ObjectNode> info(String type) throws Exception {
        var feed = new KeptFeed();
        connector.info(new Reading(FakeApple.ACCOUNT, access, apple.limits()), type, feed);
        assertThat(feed.refusals).isEmpty();
        assertThat(feed.complete).isTrue();
        assertThat(feed.schemaErrors(type)).isEmpty();
        return feed.items;
    }
}
