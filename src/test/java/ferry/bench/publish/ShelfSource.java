package ferry.bench.publish;

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
import ferry.connector.Pulls;
import ferry.connector.Reading;
import ferry.connector.SignIn;
import ferry.connector.Target;
import ferry.connector.Window;
import ferry.crypto.Secret;
import ferry.egress.Call;
import ferry.egress.Outbound;
import ferry.error.ErrorCode;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import tools.jackson.databind.node.JsonNodeFactory;

/// Pulls what a [Shelf] holds, as any connector would: through the service's way out, several at once, each verified by
/// its length. An account is the name of a [Load].
final class ShelfSource implements Connector {
    static final String TYPE = "mocks.shelf";
    static final String BOOKS = "shelf.books";
    private static final String BOOK = "shelf.book";

    private final Outbound outbound;
    private final String shelf;

    ShelfSource(Outbound outbound, String shelf) {
        this.outbound = outbound;
        this.shelf = shelf;
    }

    @Override
    public String sourceType() {
        return TYPE;
    }

    @Override
    public Catalogue catalogue() {
        return new Catalogue(Set.of(), Set.of(BOOKS), Set.of(BOOK), Map.of());
    }

    @Override
    public Login signIn(SignIn signIn, Limits limits) {
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
    public void info(Reading reading, String infoType, Feed feed) {
        throw new IllegalStateException("this source has no information");
    }

    @Override
    public void data(Reading reading, String dataType, Window window, Feed feed)
            throws ConnectorException, InterruptedException {
        var load = Load.of(reading.identifier());
        feed.expect(load.objects());
        try (var pulls = new Pulls(reading.limits().parallel(Limits.HostClass.CONTENT))) {
            for (int file = 0; file < load.objects(); file++) {
                var ref = new FileRef(BOOK, Integer.toString(file));
                var record = JsonNodeFactory.instance.objectNode();
                record.put("id", ref.locator());
                record.put("file", feed.fileId(ref));
                feed.item(record);
                if (feed.wants(BOOK)) {
                    pulls.start(turn -> pull(reading, load, ref, feed.files(), turn));
                }
            }
            pulls.finish();
        }
    }

    private void pull(Reading reading, Load load, FileRef ref, Files files, Pulls.Turn turn)
            throws ConnectorException, InterruptedException {
        if (files.isPublished(ref)) {
            return;
        }
        reading.limits().turn(Limits.HostClass.CONTENT);
        var name = ref.locator() + ".bin";
        var meta = new FileMeta(name, "bin", null, OptionalLong.of(load.size()));
        var call = Call.get(URI.create(shelf + "/" + load.name() + "/" + name));
        try (var target = files.open(ref, meta)) {
            try (var answer = outbound.send(call)) {
                var body = answer.body();
                var piece = new byte[64 * 1024];
                for (int length = body.read(piece); length >= 0; length = body.read(piece)) {
                    target.write(piece, 0, length);
                }
                if (answer.status() != 200 || target.written() != load.size()) {
                    throw new IOException("a file is short");
                }
            }
            turn.over();
            target.commit(Target.Integrity.SIZE_ONLY);
        } catch (IOException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            System.err.println("the shelf: " + e);
            throw new ConnectorException.Unavailable(
                    Duration.ofSeconds(1), ErrorCode.SERVICE_UNAVAILABLE, "The shelf does not answer.");
        }
    }

    @Override
    public void files(Reading reading, List<FileRef> refs, Files files) {
        throw new IllegalStateException("this source is asked for whole shelves");
    }
}
