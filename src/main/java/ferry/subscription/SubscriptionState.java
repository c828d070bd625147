package ferry.subscription;

/// Where a subscription stands (ricloud-api 14).
public enum SubscriptionState {
    /// Not yet accepted by the person. Only what pairs with a device begins so.
    PENDING("pending"),
    /// Polls are made, unless its `error` says why not.
    ACTIVE("active"),
    /// Ours: nobody wants polls until it is resumed.
    PAUSED("paused"),
    /// Over for good.
    DELETED("deleted");

    private final String slug;

    SubscriptionState(String slug) {
        this.slug = slug;
    }

    /// The word on the wire and in the table.
    public String slug() {
        return slug;
    }

    /// The state of a word in the table.
    static SubscriptionState of(String slug) {
        for (var state : values()) {
            if (state.slug.equals(slug)) {
                return state;
            }
        }
        throw new IllegalArgumentException("no such subscription state: " + slug);
    }
}
