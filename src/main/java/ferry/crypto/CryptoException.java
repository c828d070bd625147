package ferry.crypto;

/// A key or a sealed value cannot be used: garbage, another key, or another context. Never quotes what it was about,
/// and carries no cause whose message could.
public final class CryptoException extends RuntimeException {
    CryptoException(String message) {
        super(message);
    }
}
