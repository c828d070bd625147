package ferry.session;

import ferry.connector.Catalogue;
import ferry.connector.Connector;
import ferry.connector.Feed;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Limits;
import ferry.connector.Login;
import ferry.connector.NextStep;
import ferry.connector.Reading;
import ferry.connector.SignIn;
import ferry.connector.Window;
import ferry.crypto.Secret;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/// A source whose sign-in ends when the test says so, however often it is told to stop.
final class HeldSource implements Connector {
    private final CountDownLatch signingIn = new CountDownLatch(1);
    private final CountDownLatch let = new CountDownLatch(1);
    private final AtomicInteger signIns = new AtomicInteger();
    private final AtomicInteger signOuts = new AtomicInteger();

    void awaitSignIn() {
        uninterrupted(signingIn);
    }

    void letGo() {
        let.countDown();
    }

    int signIns() {
        return signIns.get();
    }

    int signOuts() {
        return signOuts.get();
    }

    @Override
    public String sourceType() {
        return "held.account";
    }

    @Override
    public Catalogue catalogue() {
        return new Catalogue(Set.of(), Set.of(), Set.of(), Map.of());
    }

    @Override
    public Login signIn(SignIn signIn, Limits limits) {
        signIns.incrementAndGet();
        signingIn.countDown();
        uninterrupted(let);
        return new Login.Opened(new Secret("{}"), Optional.empty(), Optional.empty());
    }

    @Override
    public Login proceed(String identifier, Secret open, NextStep step, Limits limits) {
        throw new IllegalStateException("this source never asks for a second factor");
    }

    @Override
    public void signOut(Reading reading) {
        signOuts.incrementAndGet();
    }

    @Override
    public void info(Reading reading, String infoType, Feed feed) {
        throw new IllegalStateException("nothing is ever read here");
    }

    @Override
    public void data(Reading reading, String dataType, Window window, Feed feed) {
        throw new IllegalStateException("nothing is ever read here");
    }

    @Override
    public void files(Reading reading, List<FileRef> refs, Files files) {
        throw new IllegalStateException("nothing is ever read here");
    }

    private static void uninterrupted(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
