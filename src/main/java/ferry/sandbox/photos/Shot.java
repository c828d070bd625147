package ferry.sandbox.photos;

/// What kind of thing was taken, which decides its files.
enum Shot {
    JPEG(Format.JPEG),
    HEIC(Format.HEIC),
    /// A still with a film beside it; shown as one long exposure where it is a JPEG.
    LIVE_JPEG(Format.JPEG),
    LIVE_HEIC(Format.HEIC),
    /// Raw in the original, JPEG in the alternative.
    RAW_FIRST(Format.DNG),
    /// JPEG in the original, raw in the alternative.
    RAW_SECOND(Format.JPEG),
    BURST(Format.JPEG),
    PANORAMA(Format.JPEG),
    SCREENSHOT(Format.PNG),
    PORTRAIT(Format.HEIC),
    MOV(Format.MOV),
    MP4(Format.MP4),
    SLOMO(Format.MOV),
    TIMELAPSE(Format.MOV);

    final Format original;

    Shot(Format original) {
        this.original = original;
    }

    boolean isVideo() {
        return original.isVideo();
    }

    boolean isLive() {
        return this == LIVE_JPEG || this == LIVE_HEIC;
    }

    boolean isRaw() {
        return this == RAW_FIRST || this == RAW_SECOND;
    }
}
