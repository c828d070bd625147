package ferry.connector;

import ferry.error.ErrorCode;
import java.time.Duration;

/// Why a source could not be read. Sorted by who can act, not by what went wrong.
public abstract sealed class ConnectorException extends Exception {
    private static final long serialVersionUID = 1L;

    private ConnectorException(String message) {
        super(message);
    }

    /// The account's owner must act, or nobody can: trying again changes nothing.
    public static final class Refused extends ConnectorException {
        private static final long serialVersionUID = 1L;
        private final ErrorCode code;

        /// @param detail a sentence for the client, without personal data
        public Refused(ErrorCode code, String detail) {
            super(detail);
            this.code = code;
        }

        /// What the client is told.
        public ErrorCode code() {
            return code;
        }
    }

    /// The source ended the session; the client must sign in again.
    public static final class SessionLost extends ConnectorException {
        private static final long serialVersionUID = 1L;

        /// @param detail what the source answered, without personal data
        public SessionLost(String detail) {
            super(detail);
        }
    }

    /// Nobody must act: it passes. The task comes back later.
    public static final class Unavailable extends ConnectorException {
        private static final long serialVersionUID = 1L;
        private final Duration retryAfter;
        private final ErrorCode code;

        /// @param retryAfter how long to leave the source alone
        /// @param code what the client is told should it never pass
        /// @param detail what the source answered, without personal data
        public Unavailable(Duration retryAfter, ErrorCode code, String detail) {
            super(detail);
            this.retryAfter = retryAfter;
            this.code = code;
        }

        /// How long to leave the source alone.
        public Duration retryAfter() {
            return retryAfter;
        }

        /// What the client is told should it never pass.
        public ErrorCode code() {
            return code;
        }
    }
}
