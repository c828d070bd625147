package ferry.crypto;

import com.exceptionfactory.jagged.RecipientStanzaReader;
import com.exceptionfactory.jagged.framework.stream.StandardDecryptingChannelFactory;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaReaderFactory;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;

/// Who can decrypt what was encrypted to their [AgeRecipients]. The service never holds one: they are read where
/// somebody checks a bucket.
public final class AgeIdentities {
    private final List<RecipientStanzaReader> readers;

    private AgeIdentities(List<RecipientStanzaReader> readers) {
        this.readers = readers;
    }

    /// Reads what `age-keygen` writes: one `AGE-SECRET-KEY-1…` a line, beside comments.
    ///
    /// @throws CryptoException where there is none, or one is damaged
    public static AgeIdentities of(Secret text) {
        var readers = new ArrayList<RecipientStanzaReader>();
        try {
            for (var line : text.reveal().lines().map(String::strip).toList()) {
                if (!line.isEmpty() && !line.startsWith("#")) {
                    readers.add(X25519RecipientStanzaReaderFactory.newRecipientStanzaReader(line));
                }
            }
        } catch (GeneralSecurityException | IllegalArgumentException _) {
            throw new CryptoException("this is no age identity: a line AGE-SECRET-KEY-1… is expected");
        }
        if (readers.isEmpty()) {
            throw new CryptoException("there is no age identity in it: a line AGE-SECRET-KEY-1… is expected");
        }
        return new AgeIdentities(List.copyOf(readers));
    }

    /// Decrypts what is read from `from`, in chunks of 64 KiB.
    ///
    /// @throws CryptoException where none of these can open it
    public ReadableByteChannel decrypting(ReadableByteChannel from) throws IOException {
        try {
            return new StandardDecryptingChannelFactory().newDecryptingChannel(from, readers);
        } catch (GeneralSecurityException _) {
            throw new CryptoException("it was not encrypted to this identity, or was changed");
        }
    }
}
