package ferry.storage;

import ferry.error.ErrorCode;
import org.jspecify.annotations.Nullable;

/// Why an object could not be published. Sorted by who can act. The message is a sentence for the client: it
/// names the bucket, never a credential and never a path of this machine.
public abstract sealed class PublishException extends Exception {
    private static final long serialVersionUID = 1L;

    private PublishException(String sentence, @Nullable Throwable cause) {
        super(sentence, cause);
    }

    /// What the client is told should nothing change.
    public abstract ErrorCode code();

    /// The organisation must act (a permission, a missing bucket): trying again changes nothing.
    public static final class Refused extends PublishException {
        private static final long serialVersionUID = 1L;

        /// @param sentence for the client
        public Refused(String sentence, @Nullable Throwable cause) {
            super(sentence, cause);
        }

        @Override
        public ErrorCode code() {
            return ErrorCode.STORAGE_FAILED;
        }
    }

    /// Nobody of the organisation must act: it passes, such as a full disk or a network that is away. Try again
    /// later.
    public static final class Unavailable extends PublishException {
        private static final long serialVersionUID = 1L;

        /// @param sentence for the client
        public Unavailable(String sentence, @Nullable Throwable cause) {
            super(sentence, cause);
        }

        @Override
        public ErrorCode code() {
            return ErrorCode.STORAGE_UNREACHABLE;
        }
    }
}
