package ferry.sandbox.photos;

import ferry.sandbox.Account;
import ferry.sandbox.LibraryQuirk;
import ferry.sandbox.LibrarySpec;
import ferry.sandbox.defects.DefectSpec;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/// Everyone's photo libraries, grown when first asked for and then kept, so that what a test changes stays changed.
/// Thread-safe; shared by [CloudKit] and [ContentHost].
public final class PhotoLibraries {
    static final String PRIMARY = "PrimarySync";

    /// What a library may be like whose owner takes part in a shared one.
    private static final Set<LibraryQuirk> COMMON = Set.of(LibraryQuirk.SHARED_NEVER_INDEXED);

    private final InstantSource clock;
    private final DefectSpec defects;
    private final Map<Long, Zone> primary = new ConcurrentHashMap<>();
    private final Map<Long, Zone> shared = new ConcurrentHashMap<>();

    public PhotoLibraries(InstantSource clock) {
        this(clock, DefectSpec.NONE);
    }

    /// @param defects what goes wrong in libraries that say nothing of it themselves
    public PhotoLibraries(InstantSource clock, DefectSpec defects) {
        this.clock = clock;
        this.defects = defects;
    }

    /// The account's own library.
    public PhotoLibrary of(Account account) {
        return primary(account).library();
    }

    /// Lets the account's libraries grow anew when they are next asked for.
    public void forget(Account account) {
        primary.remove(account.dsid());
        shared.remove(account.dsid());
    }

    Zone primary(Account account) {
        return primary.computeIfAbsent(
                account.dsid(),
                dsid -> new Zone(dsid, PRIMARY, user(dsid), false, PhotoLibrary.of(spec(account), clock)));
    }

    private LibrarySpec spec(Account account) {
        var own = account.library();
        return own.defects().equals(DefectSpec.NONE)
                ? new LibrarySpec(own.seed(), own.photos(), own.quirks(), defects)
                : own;
    }

    /// The iCloud Shared Photo Library that the account takes part in, six photos of someone else's: accounts with an
    /// ordinary library of 40 photos or more do (R24).
    Optional<Zone> shared(Account account) {
        var spec = account.library();
        if (spec.photos() < 40 || spec.photos() > Mix.ORDINARY || !COMMON.containsAll(spec.quirks())) {
            return Optional.empty();
        }
        return Optional.of(shared.computeIfAbsent(account.dsid(), dsid -> sharedZone(dsid, spec)));
    }

    private Zone sharedZone(long dsid, LibrarySpec own) {
        long seed = own.seed();
        var quirks = own.quirks().contains(LibraryQuirk.SHARED_NEVER_INDEXED)
                ? Set.of(LibraryQuirk.NEVER_INDEXED)
                : Set.<LibraryQuirk>of();
        var id = new UUID(Dice.roll(seed, dsid, 90), Dice.roll(seed, dsid, 91));
        var name = "SharedSync-" + id.toString().toUpperCase(Locale.ROOT);
        var library = PhotoLibrary.of(new LibrarySpec(Dice.roll(seed, dsid, 92), 6, quirks), clock);
        return new Zone(dsid, name, user(dsid + 1), true, library);
    }

    /// Photos that lie in no zone of anyone's, such as those of a shared album.
    ///
    /// @param id no account's number
    public LoosePhotos loose(long id, LibrarySpec spec) {
        var zone = primary.computeIfAbsent(
                id, _ -> new Zone(id, "SharedStream", user(id), false, PhotoLibrary.of(spec, clock)));
        return new LoosePhotos(zone);
    }

    /// The zones of one database, `private` or `shared`.
    List<Zone> zones(Account account, String database) {
        return switch (database) {
            case "private" -> List.of(primary(account));
            case "shared" -> shared(account).stream().toList();
            default -> List.of();
        };
    }

    /// The library an address leads into; null where nobody has asked for it in this process.
    @Nullable
    PhotoLibrary known(ContentUrl url) {
        var zone = (url.shared() ? shared : primary).get(url.dsid());
        return zone == null ? null : zone.library();
    }

    private static String user(long dsid) {
        return "_" + HexFormat.of().formatHex(Dice.bytes(16, dsid, 0, 93));
    }
}
