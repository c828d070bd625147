package ferry.sandbox.cloudkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import ferry.sandbox.Replies;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/// The fields of a record, as CloudKit writes them (`icloud-protocol` 2.5). One thread.
public final class Fields {
    private final ObjectNode json = Replies.object();

    public Fields text(String name, String value) {
        field(name, "STRING").put("value", value);
        return this;
    }

    public Fields number(String name, long value) {
        field(name, "INT64").put("value", value);
        return this;
    }

    public Fields decimal(String name, double value) {
        field(name, "DOUBLE").put("value", value);
        return this;
    }

    public Fields date(String name, Instant value) {
        field(name, "TIMESTAMP").put("value", value.toEpochMilli());
        return this;
    }

    /// Comes as ciphertext to who has not the keys.
    public Fields encrypted(String name, byte[] value) {
        field(name, "ENCRYPTED_BYTES").put("value", Base64.getEncoder().encodeToString(value));
        return this;
    }

    public Fields encrypted(String name, String value) {
        return encrypted(name, value.getBytes(UTF_8));
    }

    public Fields reference(String name, String record) {
        field(name, "REFERENCE").putObject("value").put("recordName", record).put("action", "VALIDATE");
        return this;
    }

    public Fields references(String name, Collection<String> records) {
        var list = field(name, "REFERENCE_LIST").putArray("value");
        records.forEach(record -> list.addObject().put("recordName", record).put("action", "VALIDATE"));
        return this;
    }

    public Fields texts(String name, List<String> values) {
        var list = field(name, "STRING_LIST").putArray("value");
        values.forEach(list::add);
        return this;
    }

    /// A file. Its address is completed when it is handed out.
    ///
    /// @param checksum the source's signature, in base64
    /// @param address where it is, from the host's root
    public Fields asset(String name, String checksum, long size, String address) {
        field(name, "ASSETID")
                .putObject("value")
                .put("fileChecksum", checksum)
                .put("size", size)
                .put("wrappingKey", "c2FuZGJveC13cmFwcGluZw==")
                .put("referenceChecksum", checksum)
                .put("downloadURL", address);
        return this;
    }

    ObjectNode json() {
        return json.deepCopy();
    }

    private ObjectNode field(String name, String type) {
        return json.putObject(name).put("type", type);
    }
}
