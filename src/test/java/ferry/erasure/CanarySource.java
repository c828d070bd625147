package ferry.erasure;

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
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.node.JsonNodeFactory;

/// A source whose access, files and refusals all carry a canary; one of its types goes on until the test says so,
/// however often it is told to stop.
final class CanarySource implements Connector {
    static final String TYPE = "canary.account";

    private final String canary;
    private final CountDownLatch reading = new CountDownLatch(1);
    private final CountDownLatch let = new CountDownLatch(1);
    private final CountDownLatch over = new CountDownLatch(1);
    private final AtomicInteger signOuts = new AtomicInteger();

    CanarySource(String canary) {
        this.canary = canary;
    }

    int signOuts() {
        return signOuts.get();
    }

    void awaitReading() {
        uninterrupted(reading);
    }

    void letGo() {
        let.countDown();
        uninterrupted(over);
    }

    @Override
    public String sourceType() {
        return TYPE;
    }

    @Override
    public Catalogue catalogue() {
        return new Catalogue(Set.of(), Set.of("canary.photos", "canary.held"), Set.of("canary.file"), Map.of());
    }

    @Override
    public Login signIn(SignIn signIn, Limits limits) {
        return new Login.Opened(
                new Secret("access " + canary), Optional.of(new Secret("trust " + canary)), Optional.empty());
    }

    @Override
    public Login proceed(String identifier, Secret open, NextStep step, Limits limits) {
        throw new IllegalStateException("this source never asks for a second factor");
    }

    @Override
    public void signOut(Reading reading) {
        if (!reading.access().current().reveal().equals("access " + canary)
                || !reading.identifier().contains(canary)) {
            throw new IllegalStateException("signed out with something else");
        }
        signOuts.incrementAndGet();
    }

    @Override
    public void info(Reading reading, String infoType, Feed feed) {
        throw new IllegalStateException("it has no info types");
    }

    @Override
    public void data(Reading reading, String dataType, Window window, Feed feed)
            throws ConnectorException, InterruptedException {
        var ref = new FileRef("canary.file", canary);
        if (dataType.equals("canary.held")) {
            this.reading.countDown();
            uninterrupted(let);
            try {
                files(reading, List.of(ref), feed.files());
            } finally {
                over.countDown();
            }
            return;
        }
        feed.item(JsonNodeFactory.instance.objectNode().put("id", canary).put("data_type", "photo"));
        files(reading, List.of(ref), feed.files());
        feed.files().refused(new FileRef("canary.file", "refused"), ErrorCode.NOT_RETRIEVABLE, "not " + canary);
        feed.reached(canary);
    }

    @Override
    public void files(Reading reading, List<FileRef> refs, Files files) throws InterruptedException {
        for (var ref : refs) {
            var bytes = canary.getBytes(StandardCharsets.UTF_8);
            var meta = new FileMeta(canary + ".txt", "txt", "text/plain", OptionalLong.of(bytes.length));
            try (var target = files.open(ref, meta)) {
                target.write(bytes, 0, bytes.length);
                target.commit(Target.Integrity.SIGNATURE);
            }
        }
    }

    private static void uninterrupted(CountDownLatch latch) {
        while (true) {
            try {
                latch.await();
                return;
            } catch (InterruptedException _) {
                // as often as one likes
            }
        }
    }
}
