package ferry.sandbox;

/// A trusted phone number, as far as it is shown.
///
/// @param id what the client sends to choose it
/// @param lastTwoDigits all that is known of the number
/// @param pushMode `sms` or `voice`
/// @param nonFte whether the number is one without full telephone equipment; the client echoes it
public record Phone(int id, String lastTwoDigits, String pushMode, boolean nonFte) {
    /// The number with all but its end hidden.
    public String obfuscated() {
        return "(•••) •••-••" + lastTwoDigits;
    }
}
