package ferry.session;

import org.jdbi.v3.core.Handle;

/// Hears what becomes of sessions, in the transaction of the change and after its event. Declared here for rooms above;
/// `App` fills it. A call may come again for a session that it came for.
public interface SessionWatch {
    /// Does nothing.
    SessionWatch NONE = new SessionWatch() {
        @Override
        public void opened(Handle tx, Session session) {}

        @Override
        public void expired(Handle tx, Session session) {}
    };

    /// The session has become active.
    void opened(Handle tx, Session session);

    /// The session has ended, and its state says why.
    void expired(Handle tx, Session session);
}
