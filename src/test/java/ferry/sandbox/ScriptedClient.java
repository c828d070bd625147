package ferry.sandbox;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A browser of few words: keeps cookies and session headers, and knows the client's half of SRP from the
/// same page as the server, but from code of its own.
final class ScriptedClient {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final BigInteger N = new BigInteger(
            String.join(
                    "",
                    "AC6BDB41324A9A9BF166DE5E1389582FAF72B6651987EE07FC3192943DB56050",
                    "A37329CBB4A099ED8193E0757767A13DD52312AB4B03310DCD7F48A9DA04FD50",
                    "E8083969EDB767B0CF6095179A163AB3661A05FBD5FAAAE82918A9962F0B93B8",
                    "55F97993EC975EEAA80D740ADBF4FF747359D041D5C33EA71D281E446B14773B",
                    "CA97B43A23FB801676BD207A436C6481F1D2B9078717461A5B9D32E688F87748",
                    "544523B524B0D57D5EA77A2775D2ECFA032CFBDBF52FB3786160279004E57AE6",
                    "AF874E7303CE53299CCC041C7BC308D82A5698F3A8D0C38271AE35F8E9DBFBB6",
                    "94B5C803D89F7AE435DE236D525F54759B65E372FCD68EF20FA7111F9E4AFF73"),
            16);

    final Map<String, String> cookies = new LinkedHashMap<>();
    final Map<String, String> session = new HashMap<>();
    final Map<String, String> extra = new HashMap<>();
    final List<String> setCookies = new ArrayList<>();
    String trustToken = "";
    String sessionToken = "";
    private final HttpClient http = HttpClient.newHttpClient();
    private final Sandbox sandbox;

    ScriptedClient(Sandbox sandbox) {
        this.sandbox = sandbox;
    }

    record Answer(int status, Map<String, List<String>> headers, String text) {
        JsonNode json() {
            return JSON.readTree(text);
        }

        String header(String name) {
            return headers.entrySet().stream()
                    .filter(entry -> entry.getKey().equalsIgnoreCase(name))
                    .map(entry -> entry.getValue().getFirst())
                    .findFirst()
                    .orElse("");
        }

        String error() {
            return json().path("serviceErrors").path(0).path("code").asString("");
        }
    }

    Answer auth(String method, String path, @Nullable String body) {
        var headers = new HashMap<String, String>();
        headers.put("X-Apple-Widget-Key", "d39ba9916b7251055b22c7f910e2ea796ee65e98b2ddecea8f5dde8d9d1a815d");
        headers.put("Accept", "application/json");
        headers.putAll(session);
        headers.putAll(extra);
        var answer = send(method, sandbox.authUrl() + path, headers, body);
        for (var name : List.of(SignIn.SCNT, SignIn.SESSION)) {
            if (!answer.header(name).isEmpty()) {
                session.put(name, answer.header(name));
            }
        }
        sessionToken =
                answer.header(SignIn.SESSION_TOKEN).isEmpty() ? sessionToken : answer.header(SignIn.SESSION_TOKEN);
        trustToken = answer.header(SignIn.TRUST_TOKEN).isEmpty() ? trustToken : answer.header(SignIn.TRUST_TOKEN);
        return answer;
    }

    Answer setup(String path, String body) {
        return send("POST", sandbox.setupUrl() + path, Map.of(), body);
    }

    Answer service(String url) {
        return send("GET", url, Map.of(), null);
    }

    Answer accountLogin() {
        return setup(
                "/accountLogin",
                JSON.writeValueAsString(Map.of(
                        "accountCountryCode",
                        "USA",
                        "dsWebAuthToken",
                        sessionToken,
                        "extended_login",
                        true,
                        "trustToken",
                        trustToken)));
    }

    private Answer send(String method, String url, Map<String, String> headers, @Nullable String body) {
        var request = HttpRequest.newBuilder(URI.create(url))
                .version(HttpClient.Version.HTTP_1_1)
                .header("Origin", sandbox.homeUrl().toString())
                .header("Referer", sandbox.homeUrl() + "/")
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        headers.forEach(request::header);
        if (!cookies.isEmpty()) {
            var jar = new ArrayList<String>();
            cookies.forEach((name, value) -> jar.add(name + "=" + value));
            request.header("Cookie", String.join("; ", jar));
        }
        try {
            HttpResponse<InputStream> response = http.send(request.build(), BodyHandlers.ofInputStream());
            response.headers().allValues("Set-Cookie").forEach(this::keep);
            try (var stream = response.body()) {
                var text = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
                return new Answer(response.statusCode(), response.headers().map(), text);
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void keep(String header) {
        setCookies.add(header);
        var pair = header.substring(0, header.indexOf(';'));
        var equals = pair.indexOf('=');
        var value = pair.substring(equals + 1);
        if (value.isEmpty() || value.equals("\"\"")) {
            cookies.remove(pair.substring(0, equals));
        } else {
            cookies.put(pair.substring(0, equals), value);
        }
    }

    // ---- SRP

    private final BigInteger a = new BigInteger(256, new Random(7)).setBit(255);

    Answer init(String name) {
        return init(name, List.of("s2k", "s2k_fo"));
    }

    Answer init(String name, List<String> protocols) {
        return auth(
                "POST",
                "/signin/init",
                JSON.writeValueAsString(Map.of(
                        "a", base64(fixed(BigInteger.TWO.modPow(a, N))), "accountName", name, "protocols", protocols)));
    }

    Answer complete(String name, String password, JsonNode init) {
        return complete(name, password, init, init.get("c").asString());
    }

    Answer complete(String name, String password, JsonNode init, String c) {
        var salt = Base64.getDecoder().decode(init.get("salt").asString());
        var b = new BigInteger(1, Base64.getDecoder().decode(init.get("b").asString()));
        var digest = sha(password.getBytes(StandardCharsets.UTF_8));
        var key = init.get("protocol").asString().equals("s2k")
                ? digest
                : HexFormat.of().formatHex(digest).getBytes(StandardCharsets.US_ASCII);
        var stretched = pbkdf2(key, salt, init.get("iteration").asInt());
        var x = new BigInteger(1, sha(salt, sha(":".getBytes(StandardCharsets.US_ASCII), stretched)));
        var k = new BigInteger(1, sha(fixed(N), fixed(BigInteger.TWO)));
        var publicA = BigInteger.TWO.modPow(a, N);
        var u = new BigInteger(1, sha(fixed(publicA), fixed(b)));
        var s = b.subtract(k.multiply(BigInteger.TWO.modPow(x, N))).mod(N).modPow(a.add(u.multiply(x)), N);
        var sessionKey = sha(fixed(s));
        var mixed = new BigInteger(1, sha(fixed(N))).xor(new BigInteger(1, sha(fixed(BigInteger.TWO))));
        var group = new byte[32];
        var bytes = mixed.toByteArray();
        var length = Math.min(32, bytes.length);
        System.arraycopy(bytes, bytes.length - length, group, 32 - length, length);
        var m1 = sha(group, sha(name.getBytes(StandardCharsets.UTF_8)), salt, fixed(publicA), fixed(b), sessionKey);
        var m2 = sha(fixed(publicA), m1, sessionKey);
        var tokens = trustToken.isEmpty() ? List.<String>of() : List.of(trustToken);
        return auth(
                "POST",
                "/signin/complete?isRememberMeEnabled=true",
                JSON.writeValueAsString(Map.of(
                        "accountName",
                        name,
                        "rememberMe",
                        true,
                        "trustTokens",
                        tokens,
                        "m1",
                        base64(m1),
                        "c",
                        c,
                        "m2",
                        base64(m2))));
    }

    /// Both halves of the password's proof.
    Answer signIn(String name, String password) {
        var init = init(name);
        return init.status() == 200 ? complete(name, password, init.json()) : init;
    }

    Answer code(String digits) {
        return auth("POST", "/verify/trusteddevice/securitycode", "{\"securityCode\":{\"code\":\"" + digits + "\"}}");
    }

    Answer showCode() {
        return auth("PUT", "/verify/trusteddevice/securitycode", null);
    }

    Answer sendCode(int phone, String mode) {
        return auth("PUT", "/verify/phone", "{\"phoneNumber\":{\"id\":" + phone + "},\"mode\":\"" + mode + "\"}");
    }

    Answer phoneCode(int phone, String digits) {
        return auth(
                "POST",
                "/verify/phone/securitycode",
                "{\"phoneNumber\":{\"id\":" + phone + "},\"securityCode\":{\"code\":\"" + digits
                        + "\"},\"mode\":\"sms\"}");
    }

    Answer trust() {
        return auth("GET", "/2sv/trust", null);
    }

    private static byte[] pbkdf2(byte[] key, byte[] salt, int rounds) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            mac.update(salt);
            var u = mac.doFinal(new byte[] {0, 0, 0, 1});
            var t = u.clone();
            for (var i = 1; i < rounds; i++) {
                u = mac.doFinal(u);
                for (var j = 0; j < 32; j++) {
                    t[j] ^= u[j];
                }
            }
            return t;
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte[] fixed(BigInteger number) {
        var hex = number.toString(16);
        return HexFormat.of().parseHex("0".repeat(512 - hex.length()) + hex);
    }

    private static byte[] sha(byte[]... parts) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            for (var part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (java.security.GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
