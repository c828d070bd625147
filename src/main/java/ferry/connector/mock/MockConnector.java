package ferry.connector.mock;

import ferry.connector.Catalogue;
import ferry.connector.Connector;
import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.FileMeta;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Limits;
import ferry.connector.Login;
import ferry.connector.NextStep;
import ferry.connector.Reading;
import ferry.connector.SignIn;
import ferry.connector.Target;
import ferry.connector.Window;
import ferry.crypto.Secret;
import ferry.error.ErrorCode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.databind.node.JsonNodeFactory;

/// `mocks.mock`: a source that needs no service, for trying an integration (ricloud-api 18.3). Any password
/// opens it but `wrong`, which is refused, and `locked`, which finds the account locked.
public final class MockConnector implements Connector {
    private static final String INFO = "mocks.info";
    private static final String NOTES = "mocks.notes";
    private static final String NOTE = "mocks.note";
    private static final int NOTES_IN_ALL = 3;

    @Override
    public String sourceType() {
        return "mocks.mock";
    }

    @Override
    public Catalogue catalogue() {
        return new Catalogue(Set.of(INFO), Set.of(NOTES), Set.of(NOTE), Map.of());
    }

    @Override
    public Login signIn(SignIn signIn, Limits limits) {
        var password = signIn.payload().get("password");
        if (password == null || password.reveal().equals("wrong")) {
            return new Login.Refused(ErrorCode.CREDENTIALS_INVALID, Optional.empty());
        }
        if (password.reveal().equals("locked")) {
            return new Login.Refused(ErrorCode.SOURCE_LOCKED, Optional.empty());
        }
        return new Login.Opened(new Secret("{}"), Optional.empty(), Optional.empty());
    }

    @Override
    public Login proceed(String identifier, Secret open, NextStep step, Limits limits) {
        throw new IllegalStateException("this source never asks for a second factor");
    }

    @Override
    public void signOut(Reading reading) {
        // There is nobody to sign out from.
    }

    @Override
    public void info(Reading reading, String infoType, Feed feed) throws InterruptedException {
        var record = JsonNodeFactory.instance.objectNode();
        record.put("id", "mock:" + reading.identifier());
        record.put("data_type", "mock");
        record.put("identifier", reading.identifier());
        record.put("notes", NOTES_IN_ALL);
        feed.item(record);
    }

    @Override
    public void data(Reading reading, String dataType, Window window, Feed feed)
            throws ConnectorException, InterruptedException {
        feed.expect(NOTES_IN_ALL);
        for (int number = 1; number <= NOTES_IN_ALL; number++) {
            var ref = new FileRef(NOTE, Integer.toString(number));
            var record = JsonNodeFactory.instance.objectNode();
            record.put("id", "note:" + number);
            record.put("data_type", "note");
            record.put("text", text(number));
            var file = record.putArray("files").addObject();
            file.put("id", feed.fileId(ref));
            file.put("data_type", "file");
            file.put("name", "note-" + number);
            file.put("extension", "txt");
            file.put("mime_type", "text/plain");
            file.put("size", text(number).length());
            feed.item(record);
            if (feed.wants(NOTE)) {
                publish(ref, feed.files());
            }
        }
    }

    @Override
    public void files(Reading reading, List<FileRef> refs, Files files) throws InterruptedException {
        for (var ref : refs) {
            publish(ref, files);
        }
    }

    private static void publish(FileRef ref, Files files) throws InterruptedException {
        if (files.isPublished(ref)) {
            return;
        }
        var bytes = text(Integer.parseInt(ref.locator())).getBytes(StandardCharsets.UTF_8);
        var meta = new FileMeta("note-" + ref.locator() + ".txt", "txt", "text/plain", OptionalLong.of(bytes.length));
        try (var target = files.open(ref, meta)) {
            target.write(bytes, 0, bytes.length);
            target.commit(Target.Integrity.SIGNATURE);
        }
    }

    private static String text(int number) {
        return "This is note " + number + " of a mock source.";
    }
}
