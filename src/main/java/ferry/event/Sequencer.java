package ferry.event;

/// Gives every committed event its place in the list. Filled by the room that also leads events to their webhooks:
/// both are one statement.
@FunctionalInterface
public interface Sequencer {
    /// After this, every event that was committed before the call has its place. Opens its own transaction;
    /// costs one look where there is nothing to do.
    void sequence();
}
