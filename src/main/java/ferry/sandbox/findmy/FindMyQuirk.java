package ferry.sandbox.findmy;

/// What is out of the ordinary in an account's Find My.
public enum FindMyQuirk {
    /// The owner has not agreed to its terms: no devices.
    NOT_AGREED,
    /// The devices of the family are never loaded to the end.
    FAMILY_STUCK,
    /// Always answers 450: only a sign-in of its own would open it.
    CLOSED,
    /// Fields that are missing, of other types, or say what cannot be.
    ODD_DEVICES
}
