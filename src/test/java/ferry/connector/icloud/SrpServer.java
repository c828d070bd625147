package ferry.connector.icloud;

import ferry.connector.icloud.web.Json;
import ferry.crypto.Secret;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Random;
import tools.jackson.databind.node.ObjectNode;

/// The server's half of SRP-6a, which knows the verifier only: written from the other side of the protocol, so that the
/// client's numbers must agree with numbers that were got another way.
@SuppressWarnings("ArrayRecordComponent") // never compared
record SrpServer(String account, String protocol, int iterations, byte[] salt, BigInteger verifier, BigInteger secret) {
    private static final BigInteger N = Srp.N;

    /// The same numbers each time, so that no test meets one that starts with a zero byte by chance.
    static SrpServer of(String account, String password, String protocol) {
        var random = new Random(42);
        var salt = new byte[16];
        random.nextBytes(salt);
        var iterations = 1_000;
        var challenge = new Srp.Challenge(protocol, iterations, salt, new byte[] {1});
        var key = Srp.derivedKey(new Secret(password), challenge);
        var x = number(hash(salt, hash(":".getBytes(StandardCharsets.UTF_8), key)));
        while (true) {
            var server = new SrpServer(
                    account, protocol, iterations, salt, BigInteger.TWO.modPow(x, N), new BigInteger(2040, random));
            if (server.open()[0] != 0) {
                return server;
            }
        }
    }

    /// B = k·v + g^b
    byte[] open() {
        var k = number(hash(fixed(N), fixed(BigInteger.TWO)));
        return fixed(k.multiply(verifier).add(BigInteger.TWO.modPow(secret, N)).mod(N));
    }

    /// What `init` answers.
    ObjectNode init() {
        var base64 = Base64.getEncoder();
        return Json.object()
                .put("iteration", iterations)
                .put("salt", base64.encodeToString(salt))
                .put("protocol", protocol)
                .put("version", 1)
                .put("b", base64.encodeToString(open()))
                .put("c", "d-123-token:MSA");
    }

    /// Whether these proofs are those of the password: S = (A·v^u)^b.
    boolean accepts(byte[] clientValue, byte[] m1, byte[] m2) {
        var a = number(clientValue);
        var u = number(hash(fixed(a), open()));
        var key = hash(fixed(a.multiply(verifier.modPow(u, N)).modPow(secret, N)));
        var group = hash(fixed(N));
        var generator = hash(fixed(BigInteger.TWO));
        for (var i = 0; i < group.length; i++) {
            group[i] ^= generator[i];
        }
        var name = hash(account.getBytes(StandardCharsets.UTF_8));
        var expected = hash(group, name, salt, fixed(a), open(), key);
        return Arrays.equals(expected, m1) && Arrays.equals(hash(fixed(a), expected, key), m2);
    }

    static byte[] fixed(BigInteger number) {
        var hex = number.toString(16);
        return HexFormat.of().parseHex("0".repeat(512 - hex.length()) + hex);
    }

    private static BigInteger number(byte[] bytes) {
        return new BigInteger(1, bytes);
    }

    private static byte[] hash(byte[]... parts) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            for (var part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
