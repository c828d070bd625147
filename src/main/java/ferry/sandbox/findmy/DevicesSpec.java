package ferry.sandbox.findmy;

import ferry.sandbox.Account;
import java.util.Set;

/// Describes the devices of an account and its family; the same description always grows into the same ones.
///
/// @param seed where its randomness starts
/// @param own how many devices the owner has
/// @param members how many others the family has, with two devices each
record DevicesSpec(long seed, int own, int members, Set<FindMyQuirk> quirks) {
    DevicesSpec {
        quirks = Set.copyOf(quirks);
    }

    /// What the account's identifier says (`docs/sandbox.md`); the rest have ordinary ones.
    static DevicesSpec of(Account account) {
        var seed = account.dsid();
        var at = account.identifier().indexOf('@');
        return switch (at < 0 ? account.identifier() : account.identifier().substring(0, at)) {
            case "find-my-not-agreed" -> new DevicesSpec(seed, 0, 0, Set.of(FindMyQuirk.NOT_AGREED));
            case "find-my-stuck" -> new DevicesSpec(seed, 4, 2, Set.of(FindMyQuirk.FAMILY_STUCK));
            case "find-my-closed" -> new DevicesSpec(seed, 4, 0, Set.of(FindMyQuirk.CLOSED));
            case "find-my-odd" -> new DevicesSpec(seed, 4, 1, Set.of(FindMyQuirk.ODD_DEVICES));
            default -> new DevicesSpec(seed, 5, 2, Set.of());
        };
    }
}
