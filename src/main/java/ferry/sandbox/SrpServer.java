package ferry.sandbox;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.random.RandomGenerator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// The server's half of SRP-6a as Apple uses it (`icloud-protocol 1.5`): RFC 5054's 2048-bit group, SHA-256,
/// the identity left out of x and put into M1. Shares no code with any client, so that a mistake cannot agree
/// with itself.
final class SrpServer {
    static final int BYTES = 256;

    private static final BigInteger N = new BigInteger(
            "AC6BDB41324A9A9BF166DE5E1389582FAF72B6651987EE07FC3192943DB56050A37329CBB4A099ED8193E0757767A13DD52312AB4B03310D"
                    + "CD7F48A9DA04FD50E8083969EDB767B0CF6095179A163AB3661A05FBD5FAAAE82918A9962F0B93B855F97993EC975EEAA80D740ADBF4FF74"
                    + "7359D041D5C33EA71D281E446B14773BCA97B43A23FB801676BD207A436C6481F1D2B9078717461A5B9D32E688F87748544523B524B0D57D"
                    + "5EA77A2775D2ECFA032CFBDBF52FB3786160279004E57AE6AF874E7303CE53299CCC041C7BC308D82A5698F3A8D0C38271AE35F8E9DBFBB6"
                    + "94B5C803D89F7AE435DE236D525F54759B65E372FCD68EF20FA7111F9E4AFF73",
            16);
    private static final BigInteger G = BigInteger.TWO;
    private static final BigInteger K = number(hash(padded(N), padded(G)));

    private SrpServer() {}

    /// What is kept of a password.
    ///
    /// @param protocol `s2k` or `s2k_fo`: how the password is hashed before it is stretched
    /// @param salt in Base64, as it goes over the wire
    /// @param value g^x
    record Verifier(String protocol, String salt, int iterations, BigInteger value) {
        /// Made once for an account, from the password that everyone here has.
        static Verifier of(String password, String protocol, byte[] salt, int iterations) {
            var first = hash(password.getBytes(StandardCharsets.UTF_8));
            var key = protocol.equals("s2k_fo")
                    ? HexFormat.of().formatHex(first).getBytes(StandardCharsets.US_ASCII)
                    : first;
            var x = number(hash(salt, hash(new byte[] {':'}, stretched(key, salt, iterations))));
            return new Verifier(protocol, Base64.getEncoder().encodeToString(salt), iterations, G.modPow(x, N));
        }
    }

    /// One exchange, from init to complete. Holds no password.
    ///
    /// @param a the client's public value
    /// @param secret the server's ephemeral exponent
    /// @param b the server's public value
    record Offer(Verifier verifier, BigInteger a, BigInteger secret, BigInteger b) {
        /// Opens an exchange; nothing where `a` is zero modulo N, which every server refuses.
        ///
        /// @param leadingZero whether b shall begin with a zero byte, as one in 256 does
        static Optional<Offer> open(Verifier verifier, BigInteger a, RandomGenerator random, boolean leadingZero) {
            if (a.mod(N).signum() == 0) {
                return Optional.empty();
            }
            while (true) {
                var bytes = new byte[32];
                random.nextBytes(bytes);
                var secret = number(bytes);
                var b = K.multiply(verifier.value()).add(G.modPow(secret, N)).mod(N);
                if (b.signum() != 0 && (b.bitLength() <= 8 * (BYTES - 1)) == leadingZero) {
                    return Optional.of(new Offer(verifier, a, secret, b));
                }
            }
        }

        /// Whether the client has proven the password. Numbers with leading zeros are accepted padded and
        /// bare, since clients differ.
        ///
        /// @param name the account's name exactly as the client sent it
        boolean proven(String name, byte[] m1, byte[] m2) {
            var u = number(hash(padded(a), padded(b)));
            var s = a.multiply(verifier.value().modPow(u, N)).mod(N).modPow(secret, N);
            return proves(name, m1, m2, padded(a), padded(b), padded(s))
                    || proves(name, m1, m2, bare(a), bare(b), bare(s));
        }

        private boolean proves(String name, byte[] m1, byte[] m2, byte[] a, byte[] b, byte[] s) {
            var k = hash(s);
            var group = hash(padded(N));
            var generator = hash(padded(G));
            for (var i = 0; i < group.length; i++) {
                group[i] ^= generator[i];
            }
            var salt = Base64.getDecoder().decode(verifier.salt());
            var expected = hash(group, hash(name.getBytes(StandardCharsets.UTF_8)), salt, a, b, k);
            return MessageDigest.isEqual(expected, m1) && MessageDigest.isEqual(hash(a, m1, k), m2);
        }
    }

    static byte[] padded(BigInteger number) {
        var bare = bare(number);
        var padded = new byte[BYTES];
        System.arraycopy(bare, 0, padded, BYTES - bare.length, bare.length);
        return padded;
    }

    private static byte[] bare(BigInteger number) {
        var bytes = number.toByteArray();
        return bytes.length > 1 && bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
    }

    static BigInteger number(byte[] bytes) {
        return new BigInteger(1, bytes);
    }

    static byte[] hash(byte[]... parts) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            for (var part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this machine has no SHA-256", e);
        }
    }

    /// PBKDF2 with HMAC-SHA256, its first and only block. Over [Mac] itself: the key is binary.
    private static byte[] stretched(byte[] key, byte[] salt, int iterations) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key, "HmacSHA256"));
            mac.update(salt);
            var block = mac.doFinal(new byte[] {0, 0, 0, 1});
            var sum = block.clone();
            for (var i = 1; i < iterations; i++) {
                block = mac.doFinal(block);
                for (var j = 0; j < sum.length; j++) {
                    sum[j] ^= block[j];
                }
            }
            return sum;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("this machine has no HMAC-SHA256", e);
        }
    }
}
