package ferry.crypto;

/// A value that must not be printed: a password, a code, a token. Only the code that spends it calls [#reveal].
///
/// @param reveal the value itself
public record Secret(String reveal) {
    @Override
    public String toString() {
        return "[secret]";
    }
}
