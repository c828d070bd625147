package ferry.connector.icloud.photos;

import ferry.connector.ConnectorException;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.CloudRecord;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// Photos that came as ciphertext: under Advanced Data Protection the words in a record are that without the owner's
/// consent, and no error says so (`icloud-protocol` 1.11, R13). The consent is asked for once in a run; where none is
/// missing, a name that is no text is just an odd one (R21). Thread-safe.
final class Seals {
    private final Calls calls;
    private final ReentrantLock asking = new ReentrantLock();
    /// Null until it has been asked for; whether there is one that the records need.
    private volatile @Nullable Boolean consented;

    Seals(Calls calls) {
        this.calls = calls;
    }

    /// Whether an answer holds ciphertext.
    boolean areIn(JsonNode answer) {
        return answer.path("records").valueStream().map(CloudRecord::new).anyMatch(Seals::isOn);
    }

    /// Whether a record is ciphertext, as far as one can see: bytes where there should be words.
    static boolean isOn(CloudRecord record) {
        return Stream.of("filenameEnc", "captionEnc", "extendedDescEnc")
                .filter(field -> !record.isPlain(field))
                .anyMatch(field -> record.bytes(field)
                        .filter(bytes -> CloudRecord.utf8(bytes).isEmpty())
                        .isPresent());
    }

    /// Gets the owner's consent.
    ///
    /// @param path of the call whose answer held ciphertext
    /// @return whether the same call brings words now
    /// @throws ConnectorException.Unavailable while the owner's device is being waited for
    boolean open(String path) throws ConnectorException, InterruptedException {
        asking.lockInterruptibly();
        try {
            var known = consented;
            if (known == null) {
                known = calls.consent(PhotosDatabase.SERVICE, path);
                consented = known;
            }
            return known;
        } finally {
            asking.unlock();
        }
    }

    /// Whether the owner's consent was what lacked, and is there.
    boolean areBroken() {
        return Boolean.TRUE.equals(consented);
    }
}
