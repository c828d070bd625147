package ferry.crypto;

import com.exceptionfactory.jagged.RecipientStanzaWriter;
import com.exceptionfactory.jagged.framework.stream.StandardEncryptingChannelFactory;
import com.exceptionfactory.jagged.x25519.X25519RecipientStanzaWriterFactory;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Whom something is encrypted to, in the age format (age-encryption.org/v1, X25519): any one of them can decrypt it,
/// with any tool that reads age files. Public keys, so nothing here is secret.
///
/// @param keys as `age-keygen` prints them, `age1…`; checked by [#of]
public record AgeRecipients(List<String> keys) {
    /// Each adds some hundred bytes to every object.
    public static final int MOST = 16;

    public AgeRecipients {
        keys = List.copyOf(keys);
    }

    /// Checks keys by encrypting nothing to them.
    ///
    /// @return empty where there is none, there are too many, or one is none that can be encrypted to
    public static Optional<AgeRecipients> of(List<String> keys) {
        if (keys.isEmpty() || keys.size() > MOST) {
            return Optional.empty();
        }
        var recipients = new AgeRecipients(keys);
        try (var _ = recipients.encrypting(Channels.newChannel(OutputStream.nullOutputStream()))) {
            return Optional.of(recipients);
        } catch (IOException | CryptoException _) {
            return Optional.empty();
        }
    }

    /// Encrypts what is written to it. Its header goes to `to` at once, the rest in chunks of 64 KiB; closing it writes
    /// the last one and closes `to`. Without that the result decrypts as cut off, never as whole.
    ///
    /// @throws IOException what `to` throws
    public WritableByteChannel encrypting(WritableByteChannel to) throws IOException {
        try {
            var writers = new ArrayList<RecipientStanzaWriter>();
            for (var key : keys) {
                writers.add(X25519RecipientStanzaWriterFactory.newRecipientStanzaWriter(key));
            }
            return new StandardEncryptingChannelFactory().newEncryptingChannel(to, writers);
        } catch (GeneralSecurityException | IllegalArgumentException _) {
            throw new CryptoException("nothing can be encrypted to these age keys");
        }
    }
}
