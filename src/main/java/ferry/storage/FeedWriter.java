package ferry.storage;

import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Streams one feed, `{"data":[…],"metadata":{…}}`, into an [Intake], whatever the size of the library: it holds
/// the record at hand and at most a piece before it. One thread at a time; closed by whoever opened it; closed
/// before [#finish] it leaves nothing behind.
public final class FeedWriter implements AutoCloseable {
    /// The version of every type's records, as their schemas have it.
    public static final String SCHEMA = "1";

    private static final DateTimeFormatter MILLISECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
    /// The intake closes what it is given; the generator must not flush for every record.
    private static final JsonMapper JSON = JsonMapper.builder()
            .disable(StreamWriteFeature.FLUSH_PASSED_TO_STREAM)
            .build();

    private final Intake intake;
    private final Pending pending = new Pending();
    private final JsonGenerator json = JSON.createGenerator(pending);
    private long count;
    private long repaired;

    private FeedWriter(Intake intake) {
        this.intake = intake;
    }

    /// Starts a feed. The writer closes `intake`.
    public static FeedWriter open(Intake intake) {
        var writer = new FeedWriter(intake);
        writer.json.writeStartObject();
        writer.json.writeName("data");
        writer.json.writeStartArray();
        return writer;
    }

    /// A moment as feeds show it: UTC, milliseconds.
    public static String date(Instant moment) {
        return MILLISECONDS.format(moment);
    }

    /// Writes the next record; the caller may reuse the node.
    public void item(ObjectNode node) throws PublishException, InterruptedException {
        if (ValidText.isValid(node)) {
            JSON.writeTree(json, node);
        } else {
            JSON.writeTree(json, ValidText.in(node));
            repaired++;
        }
        count++;
        drain(Upload.PIECE);
    }

    /// How many records it has written.
    public long count() {
        return count;
    }

    /// Ends the feed and makes it visible. At most once, as the last call before [#close].
    public Stored finish(FeedMetadata metadata) throws PublishException, InterruptedException {
        json.writeEndArray();
        json.writeName("metadata");
        write(metadata);
        json.writeEndObject();
        drain(0);
        return intake.commit();
    }

    /// What the feed holds, before any cipher; once it is finished.
    public Content content() {
        return intake.content();
    }

    @Override
    public void close() {
        json.close();
        intake.close();
    }

    private void write(FeedMetadata metadata) {
        json.writeStartObject();
        json.writeNumberProperty("count", count);
        json.writeStringProperty("data_type", metadata.dataType());
        json.writeStringProperty("schema", SCHEMA);
        json.writeName("source");
        JSON.writeTree(json, ValidText.in(metadata.source()));
        json.writeName("window");
        json.writeStartObject();
        write("since", metadata.since());
        write("until", metadata.until());
        json.writeStringProperty("mode", metadata.mode().slug());
        metadata.cursor().ifPresent(cursor -> json.writeStringProperty("cursor", cursor));
        json.writeEndObject();
        json.writeName("missing");
        json.writeStartArray();
        metadata.missing().forEach(json::writeString);
        json.writeEndArray();
        json.writeName("warnings");
        json.writeStartArray();
        warnings(metadata).forEach(this::write);
        json.writeEndArray();
        json.writeBooleanProperty("complete", metadata.complete());
        json.writeNumberProperty("listed", metadata.listed());
        json.writeNumberProperty("published", metadata.published());
        json.writeNumberProperty("refused", metadata.refused());
        json.writeEndObject();
    }

    private void write(String name, Optional<Instant> moment) {
        json.writeName(name);
        if (moment.isPresent()) {
            json.writeString(date(moment.get()));
        } else {
            json.writeNull();
        }
    }

    private void write(FeedMetadata.Warning warning) {
        json.writeStartObject();
        json.writeStringProperty("code", warning.code());
        warning.count().ifPresent(n -> json.writeNumberProperty("count", n));
        json.writeStringProperty("detail", warning.detail());
        json.writeEndObject();
    }

    private List<FeedMetadata.Warning> warnings(FeedMetadata metadata) {
        var warnings = new ArrayList<>(metadata.warnings());
        if (repaired > 0) {
            warnings.add(new FeedMetadata.Warning(
                    "text_repaired",
                    OptionalLong.of(repaired),
                    "Records held text that is not valid Unicode; its broken characters were replaced."));
        }
        return warnings;
    }

    private void drain(int above) throws PublishException, InterruptedException {
        json.flush();
        if (pending.size() > above) {
            pending.into(intake);
        }
    }

    /// Gives its bytes on without a copy.
    private static final class Pending extends ByteArrayOutputStream {
        Pending() {
            super(2 * Upload.PIECE);
        }

        void into(Intake intake) throws PublishException, InterruptedException {
            intake.write(buf, 0, count);
            // one huge record must not hold its memory for the rest of the feed
            if (buf.length > 16 * Upload.PIECE) {
                buf = new byte[2 * Upload.PIECE];
            }
            reset();
        }
    }
}
