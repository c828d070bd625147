package ferry.crash;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/// What happens in one seed; the same seed always gives the same plan.
///
/// @param polls one or two, made at once
/// @param strikes one after the other: the next waits for the one before
/// @param changing whether the source gives other bytes each time a file is read, so that an overwritten one shows
record Plan(long seed, List<Ask> polls, List<Strike> strikes, boolean changing) {
    private static final List<Point> OF_FEEDS = List.of(
            Point.ADMIT,
            Point.START,
            Point.HEARTBEAT,
            Point.RECORD,
            Point.RECORD,
            Point.SETTLE,
            Point.SETTLE,
            Point.REMOVE,
            Point.LISTING,
            Point.LISTING,
            Point.FILE,
            Point.FILE_WHOLE,
            Point.FEED_WHOLE,
            Point.FEED_WHOLE);
    private static final List<Point> OF_FILES = List.of(
            Point.ADMIT,
            Point.START,
            Point.HEARTBEAT,
            Point.RECORD,
            Point.RECORD,
            Point.SETTLE,
            Point.SETTLE,
            Point.REMOVE,
            Point.FILE,
            Point.FILE,
            Point.FILE_WHOLE);

    /// What one poll asks for.
    enum Ask {
        /// One data type with its files in passing: one task.
        NOTES,
        /// Two data types with their files and an info type: three tasks.
        ALL,
        /// Every file by its id: one task.
        FILES
    }

    static Plan of(long seed) {
        var dice = new Random(seed * 0x9E37_79B9_7F4A_7C15L);
        var polls = new ArrayList<Ask>();
        for (int i = dice.nextInt(3) == 0 ? 2 : 1; i > 0; i--) {
            polls.add(Ask.values()[dice.nextInt(Ask.values().length)]);
        }
        var points = polls.contains(Ask.FILES) ? OF_FILES : OF_FEEDS;
        var strikes = new ArrayList<Strike>();
        strikes.add(strike(dice, points, dice.nextBoolean() ? Strike.Kind.DEATH : Strike.Kind.STALL, 0));
        for (int i = dice.nextInt(3); i > 0; i--) {
            var kind = switch (dice.nextInt(8)) {
                case 0 -> Strike.Kind.DATABASE_AWAY;
                case 1 -> Strike.Kind.DISK_AWAY;
                case 2, 3, 4 -> Strike.Kind.STALL;
                default -> Strike.Kind.DEATH;
            };
            strikes.add(strike(dice, points, kind, dice.nextInt(3)));
        }
        return new Plan(seed, List.copyOf(polls), List.copyOf(strikes), dice.nextBoolean() && alone(polls, strikes));
    }

    /// What goes wrong on the way to a store in the cloud, beside the strikes.
    ///
    /// @param tokensEnd whether credentials that have ended are renewed there, so that nothing is lost by it
    static List<BucketLine.Upset> upsets(long seed, boolean tokensEnd) {
        var dice = new Random(seed * 0xD1B5_4A32_D192_ED03L);
        var kinds = Arrays.stream(BucketLine.Kind.values())
                .filter(kind -> tokensEnd || kind != BucketLine.Kind.EXPIRED)
                .toList();
        var upsets = new ArrayList<BucketLine.Upset>();
        for (int i = 1 + dice.nextInt(4); i > 0; i--) {
            upsets.add(new BucketLine.Upset(kinds.get(dice.nextInt(kinds.size())), dice.nextInt(5)));
        }
        return upsets;
    }

    /// Whether each node has one thread at work, and that is the one that is struck. Another one might be
    /// inside the storage's own commit at that moment, and this JVM cannot make it stand still there: it would
    /// end its commit while its node counts as gone, over what has been recorded since. Files that do not
    /// change lose nothing by that, and so the key of a file has no attempt in it.
    private static boolean alone(List<Ask> polls, List<Strike> strikes) {
        return polls.size() == 1
                && polls.getFirst() != Ask.ALL
                && strikes.stream()
                        .allMatch(strike -> strike.point() != Point.ADMIT && strike.point() != Point.HEARTBEAT);
    }

    private static Strike strike(Random dice, List<Point> points, Strike.Kind kind, int pass) {
        var point = points.get(dice.nextInt(points.size()));
        var ofDatabase = !point.statement().isEmpty() && point != Point.HEARTBEAT && point != Point.REMOVE;
        return new Strike(kind, point, pass, ofDatabase && dice.nextBoolean(), dice.nextBoolean());
    }
}
