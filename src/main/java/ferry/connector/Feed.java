package ferry.connector;

import ferry.error.ErrorCode;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// Takes the records of one data or info type, in the order they come, and streams them out; nothing is held. Its
/// [Files] take the files that the poll wants in passing. Only one thread writes records; files are thread-safe.
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

    /// One item could not be read. Listed in the poll's `errors` and the feed is then not `complete`; the rest goes on.
    ///
    /// @param item the item's stable id at the source, without personal data
    /// @param detail a sentence for the client, without personal data
    void refused(String item, ErrorCode why, String detail);

    /// Something about the whole feed that its reader should know. Goes to `metadata.warnings`.
    void warn(String code, String detail);

    /// The feed is known to lack something, though no single item can be named: `metadata.complete` is false.
    void incomplete();
}
