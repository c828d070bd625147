package ferry.sandbox;

import ferry.http.Exchange;
import tools.jackson.databind.node.ObjectNode;

/// The service `account`: devices and family (`icloud-protocol 2.2`).
final class AccountService implements Service {
    private static final String PICTURES = "/deviceImages/";

    @Override
    public void handle(Exchange exchange, Account account, String path) {
        switch (exchange.method() + " " + path) {
            case "GET /setup/web/device/getDevices" -> Replies.json(exchange, 200, devices(account));
            case "GET /setup/web/family/getFamilyDetails" -> Replies.json(exchange, 200, family(account));
            default -> Replies.empty(exchange, 404);
        }
    }

    private static ObjectNode devices(Account account) {
        var body = Replies.object();
        var list = body.putArray("devices");
        list.add(device(account, "MacBook Pro", "MacBookPro15,1", "MacBook Pro 15\"", "OSX;10.15.3", ""));
        list.add(device(account, "iPhone", "iPhone12,1", "iPhone 11", "iOS;26.4", "●●●●●●●●●●12345"));
        body.putArray("paymentMethods")
                .addObject()
                .put("lastFourDigits", "4242")
                .put("balanceStatus", "NOTAPPLICABLE")
                .put("suspensionReason", "ACTIVE")
                .put("id", "PAYMENT_METHOD_ID_1")
                .put("type", "Sandbox Bank");
        return body;
    }

    private static ObjectNode device(
            Account account, String kind, String model, String shown, String system, String imei) {
        var device = Replies.object()
                .put("serialNumber", "●●●●●●●" + String.valueOf(account.dsid()).substring(6))
                .put("osVersion", system)
                .put("name", account.firstName() + "'s " + kind)
                .put("imei", imei)
                .put("model", model)
                .put("udid", model + "-" + account.dsid())
                .put("modelDisplayName", shown);
        for (var size : new String[] {"Large:infobox", "Small:sourcelist"}) {
            var parts = size.split(":", -1);
            var picture = PICTURES + model + "/online-" + parts[1];
            device.put("model" + parts[0] + "PhotoURL1x", picture + ".png")
                    .put("model" + parts[0] + "PhotoURL2x", picture + "__2x.png");
        }
        device.putArray("paymentMethods").add("PAYMENT_METHOD_ID_1");
        return device;
    }

    private static ObjectNode family(Account account) {
        var body = Replies.object();
        var dsid = String.valueOf(account.dsid());
        var partner = "1" + dsid;
        body.put("status-message", "Member of a family.")
                .put("isMemberOfFamily", true)
                .put("status", 0);
        body.put("showAddMemberButton", true);
        body.putArray("familyInvitations");
        body.putArray("outgoingTransferRequests");
        var family = body.putObject("family");
        family.put("familyId", "family_" + dsid).put("organizer", dsid).put("etag", "12");
        family.putArray("members").add(dsid).add(partner);
        family.putArray("transferRequests");
        family.putArray("invitations");
        family.putArray("outgoingTransferRequests");
        var members = body.putArray("familyMembers");
        members.add(member(account, dsid, account.firstName(), account.identifier(), true));
        members.add(member(account, partner, "Robin", "robin." + dsid + "@sandbox.example", false));
        return body;
    }

    private static ObjectNode member(
            Account account, String dsid, String firstName, String address, boolean organiser) {
        var member = Replies.object()
                .put("lastName", account.lastName())
                .put("dsid", dsid)
                .put("originalInvitationEmail", address)
                .put("fullName", firstName + " " + account.lastName())
                .put("ageClassification", "ADULT")
                .put("appleIdForPurchases", address)
                .put("appleId", address)
                .put("familyId", "family_" + account.dsid())
                .put("firstName", firstName)
                .put("hasParentalPrivileges", organiser)
                .put("hasScreenTimeEnabled", false)
                .put("hasAskToBuyEnabled", false)
                .put("hasSharePurchasesEnabled", organiser)
                .put("hasShareMyLocationEnabled", organiser)
                .put("dsidForPurchases", dsid);
        if (organiser) {
            member.putArray("shareMyLocationEnabledFamilyMembers");
        }
        return member;
    }
}
