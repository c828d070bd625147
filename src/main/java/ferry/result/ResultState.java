package ferry.result;

/// Where a result stands; follows from its dates (ricloud-api 13).
public enum ResultState {
    /// In the bucket, not yet acknowledged.
    AVAILABLE("available"),
    /// The client has acknowledged it with `/ack`.
    CONSUMED("consumed"),
    /// Our clean-up removed it. Never happens in a bucket the client owns.
    EXPIRED("expired");

    private final String slug;

    ResultState(String slug) {
        this.slug = slug;
    }

    /// The word on the wire.
    public String slug() {
        return slug;
    }
}
