package ferry.sandbox.photos;

import static ferry.sandbox.photos.Oddity.*;

import ferry.sandbox.LibrarySpec;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/// Which photo of a library is of which kind. The newest [#PLAIN] of every library are ordinary. Behind them a
/// library of up to [#ORDINARY] photos goes through a list that shows everything within 41 photos; a larger one
/// rolls dice, so that kinds and oddities are about as frequent as people's are.
final class Mix {
    static final int PLAIN = 5;
    static final int ORDINARY = 1000;

    private static final List<Pick> SHOWCASE = List.of(
            pick(Shot.LIVE_HEIC, POSITION),
            pick(Shot.JPEG, EDITED, POSITION),
            pick(Shot.MOV, POSITION),
            pick(Shot.RAW_FIRST),
            pick(Shot.HEIC, FAVOURITE, KEYWORDS, CAPTION, POSITION),
            pick(Shot.JPEG, HIDDEN),
            pick(Shot.JPEG, DELETED),
            pick(Shot.PANORAMA, POSITION),
            pick(Shot.SCREENSHOT),
            pick(Shot.BURST, POSITION),
            pick(Shot.BURST, POSITION),
            pick(Shot.BURST, POSITION, FAVOURITE),
            pick(Shot.RAW_SECOND),
            pick(Shot.LIVE_JPEG, POSITION),
            pick(Shot.MP4),
            pick(Shot.JPEG, NO_NAME),
            pick(Shot.JPEG, NAME_AS_STRING),
            pick(Shot.HEIC, NO_ITEM_TYPE),
            pick(Shot.JPEG, DATE_YEAR_ONE),
            pick(Shot.JPEG, NAME_DECOMPOSED, KEYWORDS),
            pick(Shot.JPEG, SHARED_MASTER),
            pick(Shot.JPEG),
            pick(Shot.SLOMO, EDITED),
            pick(Shot.PORTRAIT, POSITION),
            pick(Shot.JPEG, NO_ADDRESS),
            pick(Shot.TIMELAPSE),
            pick(Shot.MOV, EDITED),
            pick(Shot.JPEG, DATE_ABSENT),
            pick(Shot.HEIC, EMPTY_ITEM_TYPE),
            pick(Shot.JPEG, NAME_GARBAGE),
            pick(Shot.JPEG, DATE_NEGATIVE),
            pick(Shot.LIVE_HEIC, EDITED, POSITION),
            pick(Shot.MOV, DELETED),
            pick(Shot.LIVE_HEIC, HIDDEN),
            pick(Shot.HEIC, CAPTION),
            pick(Shot.JPEG, POSITION));

    private static final List<Pick> PLAIN_PICKS = List.of(
            pick(Shot.HEIC, POSITION),
            pick(Shot.JPEG, POSITION),
            pick(Shot.JPEG),
            pick(Shot.HEIC, POSITION),
            pick(Shot.JPEG));

    /// Rolled about twice in a thousand photos each.
    private static final List<Oddity> RARE = List.of(
            NO_NAME,
            NAME_AS_STRING,
            NAME_GARBAGE,
            NAME_DECOMPOSED,
            NO_ITEM_TYPE,
            EMPTY_ITEM_TYPE,
            DATE_ABSENT,
            DATE_YEAR_ONE,
            DATE_NEGATIVE,
            DATE_FAR,
            NO_ADDRESS,
            NO_ORIGINAL);

    private static final List<Shot> RARE_SHOTS = List.of(
            Shot.PANORAMA,
            Shot.BURST,
            Shot.RAW_FIRST,
            Shot.RAW_SECOND,
            Shot.PORTRAIT,
            Shot.LIVE_JPEG,
            Shot.MP4,
            Shot.SLOMO,
            Shot.TIMELAPSE);

    private Mix() {}

    /// One photo's kind and everything special about it.
    record Pick(Shot shot, Set<Oddity> oddities) {
        boolean has(Oddity oddity) {
            return oddities.contains(oddity);
        }
    }

    private static Pick pick(Shot shot, Oddity... oddities) {
        var set = EnumSet.noneOf(Oddity.class);
        set.addAll(List.of(oddities));
        return new Pick(shot, set);
    }

    /// @param serial 0 for the oldest
    static Pick of(LibrarySpec spec, int serial) {
        int age = spec.photos() - 1 - serial;
        if (age < 0) {
            return PLAIN_PICKS.get(2);
        }
        if (age < PLAIN) {
            return PLAIN_PICKS.get(age);
        }
        var pick =
                spec.photos() <= ORDINARY ? SHOWCASE.get((age - PLAIN) % SHOWCASE.size()) : rolled(spec.seed(), serial);
        return quirky(spec, age, serial == 0 ? without(pick, SHARED_MASTER) : pick);
    }

    private static Pick rolled(long seed, int serial) {
        var shot = shot(Dice.below(1000, seed, serial, 10));
        var oddities = EnumSet.noneOf(Oddity.class);
        if (Dice.below(10, seed, serial, 11) < 7 && shot != Shot.SCREENSHOT) {
            oddities.add(POSITION);
        }
        int special = Dice.below(1000, seed, serial, 12);
        if (special < 30) {
            oddities.add(FAVOURITE);
        } else if (special < 34) {
            oddities.add(HIDDEN);
        } else if (special < 40) {
            oddities.add(DELETED);
        } else if (special < 90) {
            oddities.add(EDITED);
        } else if (special < 110) {
            oddities.add(KEYWORDS);
        } else if (special < 120) {
            oddities.add(CAPTION);
        }
        int rare = Dice.below(500 * RARE.size(), seed, serial, 13);
        if (rare < RARE.size()) {
            oddities.add(RARE.get(rare));
        }
        // The one it shares with, serial % 50 == 24, is never one of these, so masters are shared by two at most.
        if (serial % 50 == 25 && Dice.below(5, seed, serial, 14) == 0) {
            oddities.removeAll(Set.of(EDITED, NO_ADDRESS, NO_ORIGINAL));
            oddities.add(SHARED_MASTER);
            return new Pick(rolled(seed, serial - 1).shot, oddities);
        }
        return new Pick(shot, oddities);
    }

    private static Shot shot(int roll) {
        if (roll < 600) {
            return Shot.JPEG;
        }
        if (roll < 760) {
            return Shot.HEIC;
        }
        if (roll < 860) {
            return Shot.LIVE_HEIC;
        }
        if (roll < 900) {
            return Shot.MOV;
        }
        return roll < 940 ? Shot.SCREENSHOT : RARE_SHOTS.get(roll % RARE_SHOTS.size());
    }

    /// Adds what the library's quirks do to single photos: to a seventh or more of them each, never to the newest.
    private static Pick quirky(LibrarySpec spec, int age, Pick pick) {
        if (spec.quirks().isEmpty() || pick.has(SHARED_MASTER)) {
            return pick;
        }
        var oddities = EnumSet.noneOf(Oddity.class);
        oddities.addAll(pick.oddities);
        for (var quirk : spec.quirks()) {
            switch (quirk) {
                case CORRUPT -> every(7, age, oddities, CUT_SHORT, HTML_INSTEAD, FLIPPED_BYTE);
                case MISSING_FILES -> every(9, age, oddities, NO_ADDRESS, ADDRESS_LATER, NO_ORIGINAL, LOST_CONTENT);
                case RECORD_ERRORS -> every(8, age, oddities, ERROR_IN_LISTING, ERROR_ALWAYS);
                case EXPIRING_URLS -> every(5, age, oddities, EXPIRED_IN_LISTING);
                case UNDELIVERED ->
                    every(12, age, oddities, UNDELIVERED, UNDELIVERED, UNDELIVERED, UNDELIVERED, UNDELIVERED);
                case INDEXING,
                        NEVER_INDEXED,
                        MOVING,
                        EMPTY_PAGES,
                        THROTTLING,
                        SLOW,
                        MANY_ALBUMS,
                        BREAKING_LINE,
                        SHARED_NEVER_INDEXED -> {
                    // These concern answers, not photos.
                }
            }
        }
        return new Pick(pick.shot, oddities);
    }

    /// The first of `which` for one photo in `cycle`, the second for the next, and so on.
    private static void every(int cycle, int age, Set<Oddity> oddities, Oddity... which) {
        int turn = (age - PLAIN) % cycle;
        if (turn < which.length) {
            oddities.add(which[turn]);
        }
    }

    static Pick without(Pick pick, Oddity oddity) {
        if (!pick.has(oddity)) {
            return pick;
        }
        var rest = EnumSet.copyOf(pick.oddities);
        rest.remove(oddity);
        return new Pick(pick.shot, rest);
    }
}
