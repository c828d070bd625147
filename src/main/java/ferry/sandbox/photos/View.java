package ferry.sandbox.photos;

import java.util.Optional;

/// A list of photos that Apple keeps an index of (`icloud-protocol` 2.6).
sealed interface View {
    /// Whether a photo that is not expunged is in it.
    boolean holds(Photo photo);

    /// The whole library but what is hidden or deleted, and one frame of each burst.
    ///
    /// @param byAddedDate as the index of 2018 was ordered; otherwise by the date it was taken
    record Library(boolean byAddedDate) implements View {
        @Override
        public boolean holds(Photo photo) {
            return photo.state() == Photo.State.LIVE && !photo.stacked();
        }
    }

    /// Every frame of every burst.
    record Bursts() implements View {
        @Override
        public boolean holds(Photo photo) {
            return photo.state() == Photo.State.LIVE && photo.burst() >= 0;
        }
    }

    record Hidden() implements View {
        @Override
        public boolean holds(Photo photo) {
            return photo.state() == Photo.State.HIDDEN;
        }
    }

    record Deleted() implements View {
        @Override
        public boolean holds(Photo photo) {
            return photo.state() == Photo.State.TRASHED;
        }
    }

    record Smart(Kind kind) implements View {
        @Override
        public boolean holds(Photo photo) {
            return photo.state() == Photo.State.LIVE && !photo.stacked() && kind.holds(photo);
        }
    }

    record Members(Album album) implements View {
        @Override
        public boolean holds(Photo photo) {
            return album.holds(photo);
        }
    }

    /// The smart albums, as the filter `smartAlbum` names them.
    enum Kind {
        TIMELAPSE,
        VIDEO,
        SLOMO,
        FAVORITE,
        PANORAMA,
        SCREENSHOT,
        LIVE,
        DEPTH,
        EXPOSURE,
        ANIMATED;

        boolean holds(Photo photo) {
            return switch (this) {
                case TIMELAPSE -> photo.shot() == Shot.TIMELAPSE;
                case VIDEO -> photo.shot().isVideo();
                case SLOMO -> photo.shot() == Shot.SLOMO;
                case FAVORITE -> photo.has(Oddity.FAVOURITE);
                case PANORAMA -> photo.shot() == Shot.PANORAMA;
                case SCREENSHOT -> photo.shot() == Shot.SCREENSHOT;
                case LIVE -> photo.shot().isLive();
                case DEPTH -> photo.shot() == Shot.PORTRAIT;
                case EXPOSURE -> photo.shot() == Shot.LIVE_JPEG;
                case ANIMATED -> false;
            };
        }

        static Optional<Kind> of(String name) {
            for (var kind : values()) {
                if (kind.name().equalsIgnoreCase(name)) {
                    return Optional.of(kind);
                }
            }
            return Optional.empty();
        }
    }
}
