package ferry.sandbox.drive;

import ferry.sandbox.Account;
import ferry.sandbox.defects.DefectSpec;
import java.util.Set;

/// Describes a drive; the same description always grows into the same tree.
///
/// @param seed where its randomness starts
/// @param folders how many it has beside those that every drive has
/// @param files how many it has beside those that every drive has
/// @param defects what goes wrong when it is read
public record DriveSpec(long seed, int folders, int files, Set<DriveQuirk> quirks, DefectSpec defects) {
    public DriveSpec {
        quirks = Set.copyOf(quirks);
    }

    /// Of the named accounts; `docs/sandbox.md` says what each shows.
    ///
    /// @param usual what goes wrong where the account says nothing of it itself
    static DriveSpec of(Account account, DefectSpec usual) {
        var name = account.identifier().replaceFirst("@.*", "");
        var own = account.library().defects();
        var defects = own.equals(DefectSpec.NONE) ? usual : own;
        long seed = account.dsid();
        return switch (name) {
            case "drive-big" -> new DriveSpec(seed, 2_000, 20_000, Set.of(), defects);
            case "drive-odd" ->
                new DriveSpec(seed, 4, 12, Set.of(DriveQuirk.SHORT, DriveQuirk.CYCLE, DriveQuirk.GONE), defects);
            case "drive-damaged" -> new DriveSpec(seed, 1, 2, Set.of(DriveQuirk.DAMAGED), defects);
            case "drive-busy" -> new DriveSpec(seed, 30, 60, Set.of(DriveQuirk.BUSY), defects);
            default -> new DriveSpec(seed, 4, 12, Set.of(), defects);
        };
    }
}
