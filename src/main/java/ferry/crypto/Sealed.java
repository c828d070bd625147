package ferry.crypto;

import java.util.Arrays;
import java.util.HexFormat;

/// Bytes encrypted under a key of the service. What the database holds in place of a [Secret].
///
/// @param ciphertext as Tink made it; not copied
@SuppressWarnings("ArrayRecordComponent") // compared by content below
public record Sealed(byte[] ciphertext) {
    /// The id of the key it was sealed under, eight hexadecimal digits as in [MasterKey#ids].
    public String key() {
        // Tink begins with one byte of its own and the id.
        return ciphertext.length < 5 ? "none" : HexFormat.of().formatHex(ciphertext, 1, 5);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Sealed sealed && Arrays.equals(ciphertext, sealed.ciphertext);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(ciphertext);
    }

    @Override
    public String toString() {
        return "[sealed, " + ciphertext.length + " bytes]";
    }
}
