package ferry.sandbox.photos;

import ferry.sandbox.defects.Defect;
import ferry.sandbox.defects.Defects;

/// What goes wrong with pages of a library that are asked for by rank, stretch by stretch.
final class PageDefects {
    private static final int STRETCH = 100;

    private final PhotoLibrary library;
    private final Defects defects;
    private final long asked;

    /// @param asked the rank at which the page is to begin
    PageDefects(PhotoLibrary library, long asked) {
        this.library = library;
        this.defects = library.defects();
        this.asked = asked;
    }

    /// Before the page is made: perhaps the owner adds a photo, or deletes the newest.
    void shift(View view) {
        if (!defects.strikesOnce(Defect.SHIFTING_RANKS, stretch())) {
            return;
        }
        var ranks = library.ranks(view);
        if (asked / STRETCH % 2 == 0 || ranks.length == 0) {
            library.addPhoto();
        } else {
            library.trash(ranks[0]);
        }
    }

    /// Where the page begins, in place of where it should.
    long start() {
        long stretch = asked / STRETCH;
        if (defects.strikes(Defect.MISSING_PAGE, stretch())) {
            return (stretch + 1) * STRETCH;
        }
        if (stretch > 0 && defects.strikes(Defect.REPEATED_PAGE, stretch())) {
            return (stretch - 1) * STRETCH;
        }
        return asked;
    }

    boolean isEmpty() {
        return defects.strikes(Defect.EMPTY_PAGE, stretch());
    }

    private String stretch() {
        return "rank " + asked / STRETCH * STRETCH;
    }
}
