package ferry.manifest;

import java.nio.charset.StandardCharsets;

/// What a signature is made of: the line that `sha256sum manifest.json` prints. A hash can be made of a file of any
/// size as it passes, while Ed25519 wants the whole message at once, and `openssl pkeyutl` checks the line as it is.
public final class Signed {
    private Signed() {}

    /// The bytes that are signed.
    ///
    /// @param sha256 of the manifest, hex
    public static byte[] line(String sha256) {
        return (sha256 + "  manifest.json\n").getBytes(StandardCharsets.US_ASCII);
    }
}
