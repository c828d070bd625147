package ferry.sandbox.contacts;

/// What is out of the ordinary in an account's contacts.
public enum ContactsQuirk {
    /// The owner never opened Contacts: every answer is empty.
    NEVER_OPENED,
    /// One page holds at most fifty, whatever the client asks for.
    SMALL_PAGES,
    /// Contacts are removed while they are being listed, so that places shift.
    MOVING,
    /// Cards as old programs left them: see [OddCards].
    ODD_CARDS,
    /// The owner's own card is not among the contacts; only `mecard` has it, and the start does not name it.
    OWN_CARD_APART,
    /// Photos that cannot be had, or not as they should be: see [ferry.sandbox.files.Oddity].
    ODD_PHOTOS
}
