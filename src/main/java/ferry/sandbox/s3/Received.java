package ferry.sandbox.s3;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;

/// The body of a write, in a file, found to be what the request says it is.
///
/// @param eTag its MD5 in hexadecimal
record Received(Path content, long length, String eTag) {
    private static final long LARGEST = 5L << 30;
    private static final int PIECE = 64 * 1024;

    /// Takes the body in; nothing stays where it is not what was announced.
    static Received of(S3Request request, Signatures.Signed signed, Path file) throws IOException, S3Refusal {
        try {
            return taken(request, signed, file);
        } catch (IOException | S3Refusal e) {
            Files.deleteIfExists(file);
            throw e;
        }
    }

    private static Received taken(S3Request request, Signatures.Signed signed, Path file)
            throws IOException, S3Refusal {
        long announced = announced(request);
        var md5 = digest("MD5");
        var sha256 = digest("SHA-256");
        long length = 0;
        var piece = new byte[PIECE];
        var in = request.body();
        try (var out = Files.newOutputStream(file)) {
            for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
                md5.update(piece, 0, read);
                sha256.update(piece, 0, read);
                out.write(piece, 0, read);
                length += read;
            }
        }
        if (length != announced) {
            throw new S3Refusal(S3Error.INCOMPLETE_BODY);
        }
        var md5Bytes = md5.digest();
        compare(request, md5Bytes);
        if (!signed.payload().equals(Signatures.UNSIGNED)
                && !signed.payload().equals(HexFormat.of().formatHex(sha256.digest()))) {
            throw new S3Refusal(S3Error.CONTENT_SHA256_MISMATCH);
        }
        return new Received(file, length, HexFormat.of().formatHex(md5Bytes));
    }

    private static long announced(S3Request request) throws S3Refusal {
        var length = request.header("Content-Length").orElse("");
        if (!length.matches("\\d{1,18}")) {
            throw new S3Refusal(S3Error.MISSING_CONTENT_LENGTH);
        }
        if (Long.parseLong(length) > LARGEST) {
            throw new S3Refusal(S3Error.ENTITY_TOO_LARGE);
        }
        return Long.parseLong(length);
    }

    private static void compare(S3Request request, byte[] md5) throws S3Refusal {
        var announced = request.header("Content-MD5");
        if (announced.isEmpty()) {
            return;
        }
        try {
            if (!MessageDigest.isEqual(Base64.getDecoder().decode(announced.get()), md5)) {
                throw new S3Refusal(S3Error.BAD_DIGEST);
            }
        } catch (IllegalArgumentException _) {
            throw new S3Refusal(S3Error.INVALID_DIGEST);
        }
    }

    static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has " + algorithm, e);
        }
    }
}
