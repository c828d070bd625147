package ferry.poll;

import ferry.storage.PublishException;

/// Carries a storage's failure through the connector, which knows no storage and passes it on untouched.
final class SinkFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final PublishException why;

    SinkFailed(PublishException why) {
        super(why);
        this.why = why;
    }

    PublishException why() {
        return why;
    }
}
