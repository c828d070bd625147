package ferry.sandbox.photos;

/// One of the files that belong to a photo, with the prefix of its fields.
enum Part {
    ORIGINAL("resOriginal"),
    ALTERNATIVE("resOriginalAlt"),
    LIVE_VIDEO("resOriginalVidCompl"),
    MEDIUM("resJPEGMed"),
    THUMB("resJPEGThumb"),
    VIDEO_MEDIUM("resVidMed"),
    VIDEO_SMALL("resVidSmall"),
    /// The picture as the owner edited it; on the asset, as the next two.
    EDITED("resJPEGFull"),
    EDITED_VIDEO("resVidFull"),
    EDITED_THUMB("resJPEGThumb");

    final String prefix;

    Part(String prefix) {
        this.prefix = prefix;
    }

    boolean onAsset() {
        return compareTo(EDITED) >= 0;
    }
}
