package ferry.sandbox.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.crypto.Secret;
import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import ferry.storage.Intake;
import ferry.storage.Lanes;
import ferry.storage.PartBuffers;
import ferry.storage.Publisher;
import ferry.storage.PublisherContract;
import ferry.storage.Reach;
import ferry.storage.Retries;
import ferry.storage.s3.AccessKeys;
import ferry.storage.s3.S3Publisher;
import ferry.storage.s3.S3Store;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The publisher of S3 at the simulated store: what it does at another server, it does here.
class SandboxS3PublisherTest extends PublisherContract {
    private static final Retries QUICK = new Retries(3, Duration.ofMillis(2), Duration.ofMillis(5));

    @TempDir
    Path folder;

    private final Outbound outbound = Outbound.open(EgressPolicy.of(List.of()).withLoopback());
    private S3Server server;
    private Publisher publisher;

    @BeforeEach
    void start() throws IOException {
        server = S3Server.start("127.0.0.1", 0, folder, InstantSource.system());
        publisher = open(S3Server.BUCKET);
    }

    @AfterEach
    void stop() {
        publisher.close();
        server.close();
        outbound.close();
    }

    @Override
    protected Publisher publisher() {
        return publisher;
    }

    @Override
    protected Optional<InputStream> download(URI address) throws IOException {
        return server.open(S3Server.BUCKET, address.getPath().substring(1));
    }

    @Override
    protected int objects() {
        return server.keys(S3Server.BUCKET).size();
    }

    @Override
    protected Publisher deniedPublisher() {
        return open("no-writes");
    }

    /// The SDK keeps one clock for all of its clients, and would set it by any store.
    @Test
    void theWrongClockOfOneStoreIsNothingToAnother() throws Exception {
        try (var ahead = S3Server.start(
                        "127.0.0.1",
                        0,
                        folder.resolve("ahead"),
                        () -> Instant.now().plusSeconds(3600));
                var there = open(ahead, S3Server.BUCKET)) {
            assertThatThrownBy(() -> publish(there)).hasMessageContaining("The operator must set the clock");
        }

        try (var fresh = open(S3Server.BUCKET)) {
            publish(fresh);
        }
        assertThat(objects()).isEqualTo(1);
    }

    private static void publish(Publisher publisher) throws Exception {
        try (var intake = Intake.open(publisher, key("a"), "text/plain")) {
            intake.commit();
        }
    }

    private Publisher open(String bucket) {
        return open(server, bucket);
    }

    private Publisher open(S3Server server, String bucket) {
        var keys = new AccessKeys(
                S3Server.ACCESS_KEY_ID,
                new Secret(S3Server.SECRET_ACCESS_KEY),
                Optional.empty(),
                Optional.empty(),
                List.of());
        return S3Publisher.open(
                new S3Store(bucket, Optional.empty(), Optional.of(server.url()), keys),
                new Reach(outbound, InstantSource.system(), QUICK, new PartBuffers(4), new Lanes.ToBuckets()));
    }
}
