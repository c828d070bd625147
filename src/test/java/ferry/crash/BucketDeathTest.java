package ferry.crash;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ferry.testing.FakeGcs;
import ferry.testing.TestS3;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/// The same while the store is in a cloud, behind a line on which requests are cut, answered with lies, slowed down and
/// spoilt as the seed decides. One of the files is larger than a part. Three clusters publish to S3, one to Google.
///
/// 8 seeds in a normal run; `bench/publish-crash` runs 220.
class BucketDeathTest {
    /// The dead and their database complain without end.
    private final Logger logs = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);

    private final Level level = logs.getLevel();

    @BeforeEach
    void silence() {
        logs.setLevel(Level.toLevel(System.getProperty("ferry.crash.log"), Level.OFF));
    }

    @AfterEach
    void speak() {
        logs.setLevel(level);
    }

    @Test
    void whateverGoesWrongOnTheWayToABucketNothingIsLostDoubledOrOverwritten() throws Exception {
        try (var s3 = TestS3.start("first");
                var google = FakeGcs.start("first")) {
            new SeededDeaths("BucketDeathTest")
                    .run(
                            SeededDeaths.seeds(8, 220),
                            number -> _ -> number == 3
                                    ? Store.Gcs.in(google, "crash-" + number)
                                    : Store.S3.in(s3, "crash-" + number));
        }
    }
}
