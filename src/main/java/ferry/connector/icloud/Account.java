package ferry.connector.icloud;

import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.Window;
import ferry.connector.icloud.web.Differences;
import ferry.connector.icloud.web.Json;
import ferry.connector.icloud.web.Raw;
import ferry.error.ErrorCode;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What iCloud tells of the account itself: its owner, devices, storage, family and backups (icloud-protocol 2.2).
///
/// Records follow one rule: a key the type has is there, with null where Apple says nothing. Payment methods are
/// never read.
final class Account {
    static final String ACCOUNT = "icloud.account";
    static final String DEVICES = "icloud.devices";
    static final String STORAGE = "icloud.storage";
    static final String FAMILY = "icloud.family";
    static final String BACKUPS = "icloud.backups";
    /// The data type that holds the same record as [#ACCOUNT].
    static final String ACCOUNT_INFO = "icloud.account.info";

    private static final String SERVICE = "account";
    private static final Pattern PICTURE = Pattern.compile("https://statici\\.icloud\\.com/[\\w.,/-]+\\.png");
    private static final DateTimeFormatter MILLISECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);

    private final ServiceCalls calls;

    Account(ServiceCalls calls) {
        this.calls = calls;
    }

    /// Reads one info type.
    void read(String infoType, Feed feed) throws ConnectorException, InterruptedException {
        switch (infoType) {
            case ACCOUNT -> account(feed);
            case DEVICES -> devices(feed);
            case STORAGE -> storage(feed);
            case FAMILY -> family(feed);
            case BACKUPS -> backups(feed);
            default ->
                throw new ConnectorException.Refused(
                        ErrorCode.NOT_AVAILABLE, "iCloud has no info type " + infoType + ".");
        }
    }

    /// Reads [#ACCOUNT_INFO]: the owner as they are now, who is never gone.
    void accountInfo(Window window, Feed feed, Differences.Before before)
            throws ConnectorException, InterruptedException {
        if (!window.equals(Window.ALL)) {
            feed.warn("window_not_applied", "The account is told as it is now, whatever the window.");
        }
        before.allStay();
        account(feed);
    }

    /// One record: the owner.
    private void account(Feed feed) throws ConnectorException, InterruptedException {
        feed.expect(1);
        var answer = calls.account();
        feed.item(owner(answer), () -> Raw.of(answer.path("dsInfo")));
    }

    private void devices(Feed feed) throws ConnectorException, InterruptedException {
        var listed = listedDevices();
        feed.expect(listed.size());
        for (var device : listed) {
            feed.item(device(device), () -> Raw.of(device));
        }
    }

    private void storage(Feed feed) throws ConnectorException, InterruptedException {
        var usage = calls.setup("storageUsageInfo", Json.object());
        if (!usage.path("storageUsageInfo").isObject()) {
            throw new ConnectorException.Refused(
                    ErrorCode.SERVICE_UNAVAILABLE, "The source's answer holds no storage.");
        }
        feed.expect(1);
        feed.item(usage(usage), () -> Raw.of(usage));
    }

    private void family(Feed feed) throws ConnectorException, InterruptedException {
        var details = calls.get(SERVICE, "/setup/web/family/getFamilyDetails", Map.of());
        var alone = Boolean.FALSE.equals(Json.maybeFlag(details, "isMemberOfFamily"));
        var members = alone ? details.path("familyMembers") : Json.list(details, "familyMembers");
        feed.expect(members.size());
        var organizer = Json.text(details.path("family"), "organizer");
        for (var member : members) {
            feed.item(member(member, organizer), () -> Raw.of(member));
        }
    }

    /// No web service lists backups: the newest of each device that tells it, and the storage they take together.
    private void backups(Feed feed) throws ConnectorException, InterruptedException {
        for (var device : listedDevices()) {
            if (!device.path("latestBackup").isMissingNode()
                    && !device.path("latestBackup").isNull()) {
                feed.item(latestBackup(device), () -> Raw.of(device));
            }
        }
        var usage = calls.setup("storageUsageInfo", Json.object());
        for (var medium : Json.list(usage, "storageUsageByMedia")) {
            if ("backup".equals(Json.text(medium, "mediaKey"))) {
                feed.item(backupStorage(medium), () -> Raw.of(medium));
            }
        }
        feed.warn("backups-partial", "iCloud lists no backups; shown are each device's latest and their storage.");
    }

    private List<JsonNode> listedDevices() throws ConnectorException, InterruptedException {
        var answer = calls.get(SERVICE, "/setup/web/device/getDevices", Map.of());
        return Json.list(answer, "devices").valueStream().toList();
    }

    /// `{id, data_type, first_name, last_name, full_name, apple_id, primary_email, email_aliases, country_code,
    /// locale, language_code, is_managed, has_advanced_data_protection}`
    static ObjectNode owner(JsonNode answer) {
        var dsInfo = answer.path("dsInfo");
        var record = record("account", Json.text(dsInfo, "dsid"))
                .put("first_name", Json.text(dsInfo, "firstName"))
                .put("last_name", Json.text(dsInfo, "lastName"))
                .put("full_name", Json.text(dsInfo, "fullName"))
                .put("apple_id", Json.text(dsInfo, "appleId"))
                .put("primary_email", Json.text(dsInfo, "primaryEmail"));
        var aliases = record.putArray("email_aliases");
        dsInfo.path("appleIdAliases").valueStream().filter(JsonNode::isString).forEach(aliases::add);
        return record.put("country_code", Json.text(dsInfo, "countryCode"))
                .put("locale", Json.text(dsInfo, "locale"))
                .put("language_code", Json.text(dsInfo, "languageCode"))
                .put("is_managed", Json.maybeFlag(dsInfo, "isManagedAppleID"))
                .put("has_advanced_data_protection", Json.maybeFlag(dsInfo, "iCDPEnabled"));
    }

    /// `{id, data_type, name, model, model_name, os, os_version, serial_number, imei, picture_url}`; serial number and
    /// IMEI as masked by Apple.
    static ObjectNode device(JsonNode device) {
        var version = Json.text(device, "osVersion");
        var cut = version == null ? -1 : version.indexOf(';');
        return record("device", id(device))
                .put("name", Json.text(device, "name"))
                .put("model", Json.text(device, "model"))
                .put("model_name", Json.text(device, "modelDisplayName"))
                .put("os", version == null || cut < 0 ? null : version.substring(0, cut))
                .put("os_version", version == null ? null : version.substring(cut + 1))
                .put("serial_number", Json.text(device, "serialNumber"))
                .put("imei", Json.text(device, "imei"))
                .put("picture_url", picture(device));
    }

    /// Where Apple shows the model to anybody. An address with a query could open something of the person's.
    private static @Nullable String picture(JsonNode device) {
        var address = Json.text(device, "modelLargePhotoURL2x");
        return address == null || !PICTURE.matcher(address).matches() ? null : address;
    }

    /// `{id, data_type, used_bytes, total_bytes, comp_bytes, commerce_bytes, over_quota, almost_full, paid,
    /// has_highest_plan, by_media: [{media, name, color, used_bytes}]}`
    static ObjectNode usage(JsonNode answer) {
        var info = answer.path("storageUsageInfo");
        var quota = answer.path("quotaStatus");
        var record = record("storage", "account");
        number(record, "used_bytes", info, "usedStorageInBytes");
        number(record, "total_bytes", info, "totalStorageInBytes");
        number(record, "comp_bytes", info, "compStorageInBytes");
        number(record, "commerce_bytes", info, "commerceStorageInBytes");
        record.put("over_quota", Json.maybeFlag(quota, "overQuota"))
                .put("almost_full", Json.maybeFlag(quota, "almost-full"))
                .put("paid", Json.maybeFlag(quota, "paidQuota"))
                .put("has_highest_plan", Json.maybeFlag(quota, "haveMaxQuotaTier"));
        var list = record.putArray("by_media");
        for (var medium : answer.path("storageUsageByMedia")) {
            var row = list.addObject()
                    .put("media", Json.text(medium, "mediaKey"))
                    .put("name", Json.text(medium, "displayLabel"))
                    .put("color", Json.text(medium, "displayColor"));
            number(row, "used_bytes", medium, "usageInBytes");
        }
        return record;
    }

    /// `{id, data_type, first_name, last_name, full_name, apple_id, purchases_apple_id, invitation_email,
    /// age_classification, is_organizer, has_parental_privileges, has_ask_to_buy, has_screen_time,
    /// shares_purchases, shares_location}`
    static ObjectNode member(JsonNode member, @Nullable String organizer) {
        var dsid = Json.text(member, "dsid");
        var age = Json.text(member, "ageClassification");
        return record("family_member", dsid)
                .put("first_name", Json.text(member, "firstName"))
                .put("last_name", Json.text(member, "lastName"))
                .put("full_name", Json.text(member, "fullName"))
                .put("apple_id", Json.text(member, "appleId"))
                .put("purchases_apple_id", Json.text(member, "appleIdForPurchases"))
                .put("invitation_email", Json.text(member, "originalInvitationEmail"))
                .put("age_classification", age == null ? null : age.toLowerCase(Locale.ROOT))
                .put("is_organizer", dsid != null && dsid.equals(organizer))
                .put("has_parental_privileges", Json.maybeFlag(member, "hasParentalPrivileges"))
                .put("has_ask_to_buy", Json.maybeFlag(member, "hasAskToBuyEnabled"))
                .put("has_screen_time", Json.maybeFlag(member, "hasScreenTimeEnabled"))
                .put("shares_purchases", Json.maybeFlag(member, "hasSharePurchasesEnabled"))
                .put("shares_location", Json.maybeFlag(member, "hasShareMyLocationEnabled"));
    }

    /// `{id, data_type, device_id, device_name, date_latest, date_latest_raw}`
    static ObjectNode latestBackup(JsonNode device) {
        var latest = device.path("latestBackup");
        var moment = moment(latest);
        return record("backup", id(device))
                .put("device_id", "device:" + id(device))
                .put("device_name", Json.text(device, "name"))
                .put("date_latest", moment == null ? null : MILLISECONDS.format(moment))
                .put("date_latest_raw", moment == null ? latest.toString() : null);
    }

    /// `{id, data_type, used_bytes}`: all backups together.
    static ObjectNode backupStorage(JsonNode medium) {
        var record = record("backup_storage", "account");
        number(record, "used_bytes", medium, "usageInBytes");
        return record;
    }

    /// One client alone has seen this field: a number of milliseconds or a date.
    private static @Nullable Instant moment(JsonNode latest) {
        if (latest.isNumber()) {
            return Instant.ofEpochMilli(latest.asLong(0));
        }
        try {
            return latest.isString() ? Instant.parse(latest.asString()) : null;
        } catch (DateTimeParseException _) {
            return null;
        }
    }

    private static String id(JsonNode device) {
        for (var field : List.of("udid", "serialNumber", "name")) {
            var value = Json.text(device, field);
            if (value != null) {
                return value;
            }
        }
        return "unnamed";
    }

    private static ObjectNode record(String kind, @Nullable String key) {
        return Json.object()
                .put("id", kind + ":" + (key == null ? "unknown" : key))
                .put("data_type", kind);
    }

    private static void number(ObjectNode record, String name, JsonNode from, String field) {
        var value = Json.number(from, field);
        if (value.isPresent()) {
            record.put(name, value.getAsLong());
        } else {
            record.putNull(name);
        }
    }
}
