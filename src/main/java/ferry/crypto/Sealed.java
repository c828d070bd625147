package ferry.crypto;

import java.util.Arrays;

/// Bytes encrypted under a key of the service. What the database holds in place of a [Secret].
///
/// @param ciphertext as Tink made it; not copied
@SuppressWarnings("ArrayRecordComponent") // compared by content below
public record Sealed(byte[] ciphertext) {
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
