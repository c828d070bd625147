package ferry.sandbox;

import java.util.Collection;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import tools.jackson.databind.node.ObjectNode;

/// What accountLogin and validate answer: who it is, and where the services of this account are
/// (`icloud-protocol 1.7`, `2.1`). Shaped like the recorded answers, key by key.
final class LoginAnswer {
    /// Services whose keys are end-to-end encrypted under Advanced Data Protection.
    static final Set<String> NEED_KEYS = Set.of("ckdatabasews", "photos", "photosupload", "drivews", "docws");

    /// The keys never change; what does is set on a copy.
    private static final String SHAPE = """
            {"dsInfo": {"tantorMigrated": false, "ironcadeMigrated": true, "locale": "en-us_US",
              "brZoneConsolidated": false, "ICDRSCapableDeviceList": "", "isCustomDomainsFeatureAvailable": true,
              "isHideMyEmailFeatureAvailable": true, "ContinueOnDeviceEligibleDeviceInfo": [],
              "gilligan-invited": true, "appleIdAliases": [], "ubiquityEOLEnabled": true, "isPaidDeveloper": false,
              "countryCode": "USA", "primaryEmailVerified": true, "locked": false, "ICDRSCapableDeviceCount": 0,
              "hasICloudQualifyingDevice": true, "gilligan-enabled": true, "languageCode": "en-us",
              "mailFlags": {"isThreadingAvailable": false, "isSearchV2Provisioned": false, "rawBits": [0, 0, 0, 0],
                "isCKMail": false, "isMppSupportedInCurrentCountry": true},
              "analyticsOptInStatus": false, "iCloudAppleIdAlias": "", "notesMigrated": true,
              "beneficiaryInfo": {"isBeneficiary": false}, "hasPaymentInfo": true, "pcsDeleted": false,
              "appleIdAlias": "", "brMigrated": true, "statusCode": 2, "familyEligible": true},
             "hasMinimumDeviceForPhotosWeb": true, "webservices": {"schoolwork": {}}, "pcsEnabled": true,
             "configBag": {"urls": {}, "accountCreateEnabled": true},
             "appsOrder": ["mail", "contacts", "calendar", "photos", "iclouddrive", "notes3", "reminders", "pages",
               "numbers", "keynote", "newspublisher", "find", "settings"],
             "version": 2, "isExtendedLogin": true, "pcsServiceIdentitiesIncluded": false,
             "requestInfo": {"country": "US", "timeZone": "EST", "region": "NC"}, "pcsDeleted": false,
             "iCloudInfo": {"SafariBookmarksHasMigratedToCloudKit": false},
             "apps": {"calendar": {}, "reminders": {}, "keynote": {"isQualifiedForBeta": true},
               "settings": {"canLaunchWithOneFactor": true}, "mail": {}, "numbers": {"isQualifiedForBeta": true},
               "photos": {}, "pages": {"isQualifiedForBeta": true}, "notes3": {},
               "find": {"canLaunchWithOneFactor": true}, "iclouddrive": {}, "newspublisher": {"isHidden": true},
               "contacts": {}}}
            """;

    private final Accounts accounts;
    private final Supplier<String> url;
    private final Collection<String> services;

    /// @param services the names of what is mounted, read at each answer
    LoginAnswer(Accounts accounts, Supplier<String> url, Collection<String> services) {
        this.accounts = accounts;
        this.url = url;
        this.services = services;
    }

    /// Whether the owner must do something at icloud.com first, so that no service is open.
    static boolean needsOwner(Account account) {
        return account.has(Trait.TERMS) || account.has(Trait.REPAIR_STUCK);
    }

    /// The whole answer.
    ///
    /// @param challenge whether the second factor is still wanted
    /// @param trusted whether this browser is trusted
    ObjectNode of(Account account, boolean challenge, boolean trusted) {
        var body = (ObjectNode) Replies.JSON.readTree(SHAPE);
        person((ObjectNode) body.get("dsInfo"), account);
        map((ObjectNode) body.get("webservices"), account);
        links((ObjectNode) body.get("configBag").get("urls"));
        body.put("iCDPEnabled", account.has(Trait.ADP))
                .put("hsaTrustedBrowser", trusted)
                .put("hsaChallengeRequired", challenge);
        if (account.has(Trait.TERMS)) {
            body.put("termsUpdateNeeded", true);
        }
        if (account.has(Trait.REPAIR_STUCK)) {
            body.put("isRepairNeeded", true);
        }
        return body;
    }

    private static void person(ObjectNode info, Account account) {
        var id = new UUID(account.dsid(), account.dsid()).toString();
        info.put("dsid", String.valueOf(account.dsid()))
                .put("aDsID", "000000-00-" + id)
                .put("notificationId", id)
                .put("appleId", account.identifier())
                .put("primaryEmail", account.identifier())
                .put("firstName", account.firstName())
                .put("lastName", account.lastName())
                .put("fullName", account.firstName() + " " + account.lastName())
                .put("iCDPEnabled", account.has(Trait.ADP))
                .put("locked", account.has(Trait.LOCKED))
                .put("isManagedAppleID", account.has(Trait.MANAGED))
                .put("isWebAccessAllowed", !account.has(Trait.WEB_ACCESS_DISABLED));
        info.putArray("appleIdEntries")
                .addObject()
                .put("isPrimary", true)
                .put("type", "EMAIL")
                .put("value", account.identifier());
        if (!(account.secondFactor() instanceof SecondFactor.None)) {
            info.put("hsaEnabled", true).put("hsaVersion", 2);
        }
    }

    private void map(ObjectNode map, Account account) {
        var partition = url.get() + "/p" + accounts.memory(account).partition() + "/";
        services.stream()
                .filter(name -> !(name.equals("ckdatabasews") && account.has(Trait.NO_PHOTOS)))
                .filter(name -> !name.equals("reminders") || account.has(Trait.OLD_REMINDERS))
                .sorted()
                .forEach(name -> {
                    var entry = map.putObject(name);
                    if (NEED_KEYS.contains(name) && !account.has(Trait.CIPHERTEXT)) {
                        entry.put("pcsRequired", true);
                    }
                    if (name.equals("account")) {
                        entry.putObject("iCloudEnv").put("shortId", "p").put("vipSuffix", "prod");
                    }
                    if (name.equals("calendar")) {
                        entry.put("isMakoAccount", false);
                    }
                    entry.put("url", partition + name).put("status", "active");
                });
    }

    private void links(ObjectNode urls) {
        var setup = url.get() + "/setup/ws/1/";
        urls.put("accountLoginUI", url.get() + "/appleauth/auth/signin?widgetKey=")
                .put("accountAuthorizeUI", url.get() + "/appleauth/auth/authorize/signin?client_id=")
                .put("accountLogin", setup + "accountLogin")
                .put("downloadICloudTerms", setup + "downloadLiteTerms")
                .put("repairDone", setup + "repairDone")
                .put("accountCreate", setup + "createLiteAccount")
                .put("getICloudTerms", setup + "getTerms");
    }
}
