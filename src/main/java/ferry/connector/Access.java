package ferry.connector;

import ferry.crypto.Secret;

/// A session's access as it is now. Two tasks of one session may refresh it at once. Thread-safe.
public interface Access {
    /// The newest access that anyone of this session has stored.
    Secret current();

    /// Stores `fresh` if `expected` is still the newest, and returns what is the newest then: `fresh`, or what another
    /// task stored meanwhile, which must be used instead.
    Secret replace(Secret expected, Secret fresh);
}
