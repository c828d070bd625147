package ferry.manifest;

import ferry.http.Json;
import ferry.storage.Content;
import ferry.storage.Intake;
import ferry.storage.PublishException;
import ferry.storage.Upload;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.node.ObjectNode;

/// Writes one manifest into an [Intake], an object or error a line, whatever their number: what it says of the poll,
/// then `objects`, then `errors`. The same calls give the same bytes. One thread; closed by whoever opened it; closed
/// before [#finish] it leaves nothing behind.
public final class ManifestWriter implements AutoCloseable {
    private final Intake intake;
    private final Pending pending = new Pending();
    private boolean first = true;
    private boolean errors;

    /// The writer closes `intake`.
    public ManifestWriter(Intake intake) {
        this.intake = intake;
    }

    /// What it says of the poll. Once, before all else.
    public void head(ObjectNode fields) throws PublishException, InterruptedException {
        var text = Json.MAPPER.writeValueAsString(fields);
        add(text.substring(0, text.length() - 1) + ",\"objects\":[");
    }

    /// The next object.
    public void object(ObjectNode object) throws PublishException, InterruptedException {
        line(object);
    }

    /// The next error; no object comes after one.
    public void error(ObjectNode error) throws PublishException, InterruptedException {
        endObjects();
        line(error);
    }

    /// Ends it and makes it visible.
    ///
    /// @return what was written
    public Content finish() throws PublishException, InterruptedException {
        endObjects();
        add("\n]}\n");
        pending.into(intake);
        intake.commit();
        return intake.content();
    }

    @Override
    public void close() {
        intake.close();
    }

    private void endObjects() throws PublishException, InterruptedException {
        if (!errors) {
            add("\n],\"errors\":[");
            first = true;
            errors = true;
        }
    }

    private void line(ObjectNode node) throws PublishException, InterruptedException {
        add((first ? "\n" : ",\n") + Json.MAPPER.writeValueAsString(node));
        first = false;
    }

    private void add(String text) throws PublishException, InterruptedException {
        pending.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        if (pending.size() >= Upload.PIECE) {
            pending.into(intake);
        }
    }

    /// Gives its bytes on without a copy.
    private static final class Pending extends ByteArrayOutputStream {
        void into(Intake intake) throws PublishException, InterruptedException {
            intake.write(buf, 0, count);
            reset();
        }
    }
}
