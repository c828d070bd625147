package ferry.connector;

import ferry.error.ErrorCode;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Takes the records of one data or info type, in the order they come, and streams them out; nothing is held.
/// Its [Files] take the files that the poll wants in passing. Only one thread writes records; files are
/// thread-safe.
///
/// A feed may go on where an earlier one of the same source and type stopped ([#from]). Then it takes what was
/// added or changed since, and for what is gone an item with nothing but its `id`, its `data_type` and
/// `deleted`, which is true.
public interface Feed {
    /// Takes the next record. It is written before this returns; the caller may reuse the node.
    void item(ObjectNode node) throws InterruptedException;

    /// The same, and what the source sent of it, for whoever wants that published too.
    ///
    /// @param raw makes it, where it is wanted; without secrets
    default void item(ObjectNode node, Supplier<JsonNode> raw) throws InterruptedException {
        item(node);
    }

    /// The opaque id under which a client can ask for this file later; always the same for the same reference.
    String fileId(FileRef ref);

    /// Whether the poll asked for files of this type to be published in passing.
    boolean wants(String fileType);

    /// Where such files go.
    Files files();

    /// An estimate of how many records there are in all, for progress only.
    void expect(long total);

    /// One item could not be read. Listed in the poll's `errors` and the feed is then not `complete`; the rest
    /// goes on.
    ///
    /// @param item the item's stable id at the source, without personal data
    /// @param detail a sentence for the client, without personal data
    void refused(String item, ErrorCode why, String detail);

    /// Something about the whole feed that its reader should know. Goes to `metadata.warnings`.
    void warn(String code, String detail);

    /// The feed is known to lack something, though no single item can be named: `metadata.complete` is false.
    void incomplete();

    /// Where an earlier reading stopped, as it said with [#reached]; empty where everything is asked for. A
    /// connector that never says so is never asked. Where this is present, the window is [Window#ALL].
    default Optional<String> from() {
        return Optional.empty();
    }

    /// The source no longer knows what [#from] gave: all is read after all, and the feed says so. At any time
    /// before its end, but nothing may have been given that did not belong to a whole reading.
    default void startOver() {}

    /// Says from where a later reading may go on. At most once, after the last record, and only where all that
    /// this reading lacks comes with such a later one.
    ///
    /// @param state the connector's own, without secrets that open anything; may hold personal data. A few
    /// megabytes for 100,000 records
    default void reached(String state) {}

    /// The record is as the earlier reading gave it, and does not come again: what was asked of [#fileId] for it
    /// is forgotten. The caller may reuse the node.
    default void unchanged(ObjectNode node) {}
}
