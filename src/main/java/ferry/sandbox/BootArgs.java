package ferry.sandbox;

import ferry.sandbox.SecondFactor.Codes;
import tools.jackson.databind.node.ObjectNode;

/// The page that `GET auth` answers to who asks for HTML: the state is JSON inside a script. It hides
/// security keys.
final class BootArgs {
    private BootArgs() {}

    static String page(Account account, ObjectNode securityCode) {
        var direct = Replies.object();
        direct.put("isReact", true).put("authUserType", "hsa2");
        var twoSv = Replies.object();
        twoSv.putArray("supportedPushModes").add("voice").add("sms");
        var verification = twoSv.putObject("phoneNumberVerification");
        verification.set("securityCode", securityCode);
        verification.put("authenticationType", "hsa2").put("hsa2Account", true);
        var phones = verification.putArray("trustedPhoneNumbers");
        if (account.secondFactor() instanceof Codes codes) {
            direct.put("hasTrustedDevices", codes.trustedDevices());
            codes.phones().forEach(phone -> phones.add(SecondFactorJson.phone(phone)));
            codes.phones().stream()
                    .findFirst()
                    .ifPresent(phone -> verification.set("trustedPhoneNumber", SecondFactorJson.phone(phone)));
        }
        twoSv.putArray("authFactors").add("robocall").add("sms").add("generatedcode");
        twoSv.put("sourceAppId", 1159);
        direct.set("twoSV", twoSv);
        direct.put("authType", "hsa2").put("authInitialRoute", "auth/verify/phone");
        var args = Replies.object();
        args.set("direct", direct);
        args.putObject("additional").put("canRoute2sv", true);
        return """
                <html><head>
                <script type="application/json" class="boot_args">%s</script>
                <script type="application/json" class="post">{}</script>
                </head><body></body></html>
                """.formatted(args);
    }
}
