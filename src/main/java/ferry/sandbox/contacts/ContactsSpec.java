package ferry.sandbox.contacts;

import ferry.sandbox.Account;
import java.util.Set;

/// Describes an address book; the same description always grows into the same one.
///
/// @param seed where its randomness starts
/// @param contacts how many it holds, the owner's own card among them
record ContactsSpec(long seed, int contacts, Set<ContactsQuirk> quirks) {
    private static final int ORDINARY = 24;

    ContactsSpec {
        quirks = Set.copyOf(quirks);
    }

    /// What the account's identifier says (`docs/sandbox.md`); the rest have ordinary ones.
    static ContactsSpec of(Account account) {
        var seed = account.dsid();
        var at = account.identifier().indexOf('@');
        return switch (at < 0 ? account.identifier() : account.identifier().substring(0, at)) {
            case "many-contacts" -> new ContactsSpec(seed, 1200, Set.of(ContactsQuirk.SMALL_PAGES));
            case "moving-contacts" ->
                new ContactsSpec(seed, 150, Set.of(ContactsQuirk.SMALL_PAGES, ContactsQuirk.MOVING));
            case "odd-contacts" ->
                new ContactsSpec(seed, ORDINARY, Set.of(ContactsQuirk.ODD_CARDS, ContactsQuirk.OWN_CARD_APART));
            case "contact-photos" -> new ContactsSpec(seed, 61, Set.of(ContactsQuirk.ODD_PHOTOS));
            case "no-contacts" -> new ContactsSpec(seed, 0, Set.of(ContactsQuirk.NEVER_OPENED));
            default -> new ContactsSpec(seed, ORDINARY, Set.of());
        };
    }
}
