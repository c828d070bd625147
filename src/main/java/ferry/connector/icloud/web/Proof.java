package ferry.connector.icloud.web;

import ferry.connector.Target;

/// How a file shows, from its bytes alone, that it is whole. Takes them in passing, on a single thread.
public interface Proof {
    /// The source starts over.
    void restart();

    /// The next bytes.
    void update(byte[] bytes, int offset, int length);

    /// Whether what was taken is the whole file and no other. May be asked once.
    boolean matches();

    /// What a match is worth.
    Target.Integrity integrity();
}
