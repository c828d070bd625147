package ferry.crash;

import ferry.connector.Catalogue;
import ferry.connector.Connector;
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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.node.JsonNodeFactory;

/// One node's connector: reads the [Library], and says at each step where it is.
final class CrashSource implements Connector {
    static final String TYPE = "mocks.crash";

    private final Library library;
    private final Gate gate;
    private final AtomicInteger signIns;
    private final AtomicInteger busy = new AtomicInteger();

    /// Lets a thread pass, or keeps it.
    interface Gate {
        void pass(Point point) throws InterruptedException;
    }

    /// @param signIns counts over all nodes
    CrashSource(Library library, Gate gate, AtomicInteger signIns) {
        this.library = library;
        this.gate = gate;
        this.signIns = signIns;
    }

    /// How many reads are under way on this node.
    int busy() {
        return busy.get();
    }

    @Override
    public String sourceType() {
        return TYPE;
    }

    @Override
    public Catalogue catalogue() {
        return new Catalogue(
                Set.of(Library.INFO), Set.of(Library.NOTES, Library.LETTERS), Set.of(Library.FILE_TYPE), Map.of());
    }

    @Override
    public Login signIn(SignIn signIn, Limits limits) {
        signIns.incrementAndGet();
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
        read(() -> {
            var record = JsonNodeFactory.instance.objectNode();
            record.put("id", "info");
            feed.item(record);
            gate.pass(Point.FEED_WHOLE);
        });
    }

    @Override
    public void data(Reading reading, String dataType, Window window, Feed feed) throws InterruptedException {
        read(() -> {
            for (var item : library.items(dataType)) {
                var record = JsonNodeFactory.instance.objectNode();
                record.put("id", item.id());
                record.put("file", feed.fileId(item.file()));
                feed.item(record);
                if (feed.wants(Library.FILE_TYPE)) {
                    publish(item.file(), feed.files());
                }
                gate.pass(Point.LISTING);
            }
            gate.pass(Point.FEED_WHOLE);
        });
    }

    @Override
    public void files(Reading reading, List<FileRef> refs, Files files) throws InterruptedException {
        read(() -> {
            for (var ref : refs) {
                publish(ref, files);
            }
        });
    }

    private void publish(FileRef ref, Files files) throws InterruptedException {
        if (files.isPublished(ref)) {
            return;
        }
        var bytes = library.read(ref);
        var meta = new FileMeta(ref.locator() + ".bin", "bin", null, OptionalLong.of(bytes.length));
        try (var target = files.open(ref, meta)) {
            int half = bytes.length / 2;
            target.write(bytes, 0, half);
            gate.pass(Point.FILE);
            target.write(bytes, half, bytes.length - half);
            gate.pass(Point.FILE_WHOLE);
            target.commit(Target.Integrity.SIGNATURE);
        }
    }

    private interface Read {
        void run() throws InterruptedException;
    }

    private void read(Read read) throws InterruptedException {
        busy.incrementAndGet();
        try {
            read.run();
        } finally {
            busy.decrementAndGet();
        }
    }
}
