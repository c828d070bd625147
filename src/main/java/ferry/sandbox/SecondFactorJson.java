package ferry.sandbox;

import ferry.sandbox.SecondFactor.Codes;
import ferry.sandbox.SecondFactor.Push;
import ferry.sandbox.SecondFactor.SecurityKey;
import tools.jackson.databind.node.ObjectNode;

/// The second factor as `GET auth` and the 409 of `complete` show it (`icloud-protocol 1.6`).
final class SecondFactorJson {
    private SecondFactorJson() {}

    /// Of an account with codes. The older profile spells its type differently and nests the numbers.
    static ObjectNode codes(Codes codes, ObjectNode securityCode) {
        var body = Replies.object();
        var old = codes.push() == Push.AUTOMATIC;
        body.put(old ? "auth_type" : "authType", "hsa2");
        body.put("noTrustedDevices", !codes.trustedDevices());
        body.set("securityCode", securityCode);
        phones(old ? body.putObject("phoneNumberVerification") : body, codes);
        return body;
    }

    private static void phones(ObjectNode body, Codes codes) {
        body.put("authenticationType", "hsa2");
        var list = body.putArray("trustedPhoneNumbers");
        codes.phones().forEach(phone -> list.add(phone(phone)));
        if (!codes.phones().isEmpty()) {
            body.set("trustedPhoneNumber", phone(codes.phones().getFirst()));
        }
    }

    static ObjectNode phone(Phone phone) {
        return Replies.object()
                .put("numberWithDialCode", "+1 " + phone.obfuscated())
                .put("pushMode", phone.pushMode())
                .put("obfuscatedNumber", phone.obfuscated())
                .put("lastTwoDigits", phone.lastTwoDigits())
                .put("nonFTEU", phone.nonFte())
                .put("id", phone.id());
    }

    /// Of an account with security keys, or with a passkey where none has a name: no number, no code.
    static ObjectNode key(SecurityKey key, Tokens tokens) {
        var body = Replies.object().put("authType", "hsa2").put("noTrustedDevices", false);
        var challenge = body.putObject("fsaChallenge");
        challenge.put("challenge", tokens.next(43)).put("rpId", "apple.com").put("algorithm", "ES256");
        if (key.keyNames().isEmpty()) {
            challenge
                    .putArray("allowCredentials")
                    .addObject()
                    .put("type", "public-key")
                    .put("id", tokens.next(43));
            return body;
        }
        var handles = challenge.putArray("keyHandles");
        var names = body.putArray("keyNames");
        key.keyNames().forEach(name -> {
            handles.add(tokens.next(64));
            names.add(name);
        });
        return body;
    }
}
