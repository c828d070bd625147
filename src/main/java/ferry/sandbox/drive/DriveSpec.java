package ferry.sandbox.drive;

import ferry.sandbox.Account;
import java.util.Set;

/// Describes a drive; the same description always grows into the same tree.
///
/// @param seed where its randomness starts
/// @param folders how many it has beside those that every drive has
/// @param files how many it has beside those that every drive has
public record DriveSpec(long seed, int folders, int files, Set<DriveQuirk> quirks) {
    public DriveSpec {
        quirks = Set.copyOf(quirks);
    }

    /// Of the named accounts; `docs/sandbox.md` says what each shows.
    static DriveSpec of(Account account) {
        var name = account.identifier().replaceFirst("@.*", "");
        long seed = account.dsid();
        return switch (name) {
            case "drive-big" -> new DriveSpec(seed, 2_000, 20_000, Set.of());
            case "drive-odd" -> new DriveSpec(seed, 4, 12, Set.of(DriveQuirk.SHORT, DriveQuirk.CYCLE, DriveQuirk.GONE));
            case "drive-damaged" -> new DriveSpec(seed, 1, 2, Set.of(DriveQuirk.DAMAGED));
            case "drive-busy" -> new DriveSpec(seed, 30, 60, Set.of(DriveQuirk.BUSY));
            default -> new DriveSpec(seed, 4, 12, Set.of());
        };
    }
}
