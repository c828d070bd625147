package ferry.connector.icloud;

import ferry.crypto.Secret;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// The client's half of one SRP-6a exchange with Apple's two password hashes (icloud-protocol 1.5). One thread, one
/// exchange; closed by whoever started it, which wipes the private value. Numbers inside [BigInteger] can't be wiped;
/// they go with the garbage.
final class Srp implements AutoCloseable {
    /// RFC 5054, 2048 bits.
    static final BigInteger N = new BigInteger("""
            AC6BDB41324A9A9BF166DE5E1389582FAF72B6651987EE07FC3192943DB56050A37329CBB4A099ED8193E0757767A13DD52312AB4B03310D
            CD7F48A9DA04FD50E8083969EDB767B0CF6095179A163AB3661A05FBD5FAAAE82918A9962F0B93B855F97993EC975EEAA80D740ADBF4FF74
            7359D041D5C33EA71D281E446B14773BCA97B43A23FB801676BD207A436C6481F1D2B9078717461A5B9D32E688F87748544523B524B0D57D
            5EA77A2775D2ECFA032CFBDBF52FB3786160279004E57AE6AF874E7303CE53299CCC041C7BC308D82A5698F3A8D0C38271AE35F8E9DBFBB6
            94B5C803D89F7AE435DE236D525F54759B65E372FCD68EF20FA7111F9E4AFF73
            """.replace("\n", ""), 16);

    static final BigInteger G = BigInteger.TWO;
    private static final int WIDTH = 256;
    private static final int MAX_ITERATIONS = 1_000_000;

    private final byte[] secret;
    private final byte[] open;

    private Srp(byte[] secret, byte[] open) {
        this.secret = secret;
        this.open = open;
    }

    /// What the server answered to `init`.
    ///
    /// @param protocol `s2k` or `s2k_fo`
    /// @param serverValue B, at most 256 bytes
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Challenge(String protocol, int iterations, byte[] salt, byte[] serverValue) {
        Challenge {
            if (!protocol.equals("s2k") && !protocol.equals("s2k_fo")) {
                throw new IllegalArgumentException("unknown password protocol");
            }
            if (iterations < 1 || iterations > MAX_ITERATIONS) {
                throw new IllegalArgumentException("unreasonable number of rounds: " + iterations);
            }
            if (salt.length == 0 || serverValue.length == 0 || serverValue.length > WIDTH) {
                throw new IllegalArgumentException("salt or server value of the wrong size");
            }
        }
    }

    /// What shows the server that the password is known.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Proof(byte[] m1, byte[] m2) {}

    /// Starts an exchange with a fresh private value, such that no reader can disagree on how A is written.
    static Srp start(SecureRandom random) {
        while (true) {
            var secret = new byte[WIDTH];
            random.nextBytes(secret);
            var exchange = of(secret);
            if (exchange.open[0] != 0) {
                return exchange;
            }
            exchange.close();
        }
    }

    /// An exchange with a given private value, for known answers.
    static Srp of(byte[] secret) {
        return new Srp(secret, pad(G.modPow(new BigInteger(1, secret), N)));
    }

    /// A, 256 bytes.
    byte[] clientValue() {
        return open.clone();
    }

    /// Proves the password. Empty where a number of this exchange starts with a zero byte, on whose encoding clients
    /// differ: throw the exchange away and start a new one; nothing was sent.
    ///
    /// @param account exactly as sent in `accountName`
    Optional<Proof> prove(String account, Secret password, Challenge challenge) {
        var b = new BigInteger(1, challenge.serverValue());
        if (b.mod(N).signum() == 0) {
            throw new IllegalArgumentException("the server value is no number of the group");
        }
        var server = pad(b);
        var scramble = new BigInteger(1, sha256(open, server));
        if (scramble.signum() == 0) {
            throw new IllegalArgumentException("the exchange gives nothing to prove");
        }
        var key = derivedKey(password, challenge);
        var shared = new byte[0];
        var session = new byte[0];
        try {
            var x = new BigInteger(1, sha256(challenge.salt(), sha256(bytes(":"), key)));
            shared = pad(shared(b, scramble, x));
            if (server[0] == 0 || shared[0] == 0) {
                return Optional.empty();
            }
            session = sha256(shared);
            var m1 = sha256(groupHash(), sha256(bytes(account)), challenge.salt(), open, server, session);
            return Optional.of(new Proof(m1, sha256(open, m1, session)));
        } finally {
            Arrays.fill(key, (byte) 0);
            Arrays.fill(shared, (byte) 0);
            Arrays.fill(session, (byte) 0);
        }
    }

    @Override
    public void close() {
        Arrays.fill(secret, (byte) 0);
    }

    /// S = (B − k·g^x)^(a + u·x)
    private BigInteger shared(BigInteger b, BigInteger scramble, BigInteger x) {
        var multiplier = new BigInteger(1, sha256(pad(N), pad(G)));
        var base = b.subtract(multiplier.multiply(G.modPow(x, N))).mod(N);
        return base.modPow(new BigInteger(1, secret).add(scramble.multiply(x)), N);
    }

    private static byte[] groupHash() {
        var hash = sha256(pad(N));
        var generator = sha256(pad(G));
        for (var i = 0; i < hash.length; i++) {
            hash[i] ^= generator[i];
        }
        return hash;
    }

    /// The password's key: SHA-256 first, in hexadecimal for `s2k_fo`, then PBKDF2. The caller wipes it.
    static byte[] derivedKey(Secret password, Challenge challenge) {
        var clear = bytes(password.reveal());
        var hash = sha256(clear);
        var input = challenge.protocol().equals("s2k_fo") ? bytes(HexFormat.of().formatHex(hash)) : hash.clone();
        try {
            return pbkdf2(input, challenge.salt(), challenge.iterations());
        } finally {
            Arrays.fill(clear, (byte) 0);
            Arrays.fill(hash, (byte) 0);
            Arrays.fill(input, (byte) 0);
        }
    }

    /// PBKDF2-HMAC-SHA256 of one block (32 bytes). Not the platform's, which takes characters and would corrupt a
    /// binary password.
    private static byte[] pbkdf2(byte[] password, byte[] salt, int iterations) {
        try {
            var mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(password, "HmacSHA256"));
            mac.update(salt);
            var block = mac.doFinal(new byte[] {0, 0, 0, 1});
            var key = block.clone();
            for (var i = 1; i < iterations; i++) {
                mac.update(block);
                mac.doFinal(block, 0);
                for (var j = 0; j < key.length; j++) {
                    key[j] ^= block[j];
                }
            }
            Arrays.fill(block, (byte) 0);
            return key;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }

    /// Big-endian, in exactly 256 bytes.
    static byte[] pad(BigInteger number) {
        var bytes = number.toByteArray();
        var from = Math.max(0, bytes.length - WIDTH);
        var padded = new byte[WIDTH];
        System.arraycopy(bytes, from, padded, WIDTH - (bytes.length - from), bytes.length - from);
        return padded;
    }

    static byte[] sha256(byte[]... parts) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            for (var part : parts) {
                digest.update(part);
            }
            return digest.digest();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
