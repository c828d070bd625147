package ferry.storage.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.egress.EgressPolicy;
import ferry.egress.Outbound;
import ferry.storage.PublishException;
import ferry.testing.AnsweringStore;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BucketRegionTest {
    private final AnsweringStore amazon = AnsweringStore.start();
    private final Outbound outbound = Outbound.open(EgressPolicy.of(List.of()).withLoopback());

    @AfterEach
    void closed() {
        outbound.close();
        amazon.close();
    }

    /// A bucket that is elsewhere, that may not be looked into, and that may.
    @ParameterizedTest
    @ValueSource(ints = {301, 403, 200})
    void everyAnswerAboutABucketNamesItsRegion(int status) throws Exception {
        amazon.says("HEAD", status, Map.of("x-amz-bucket-region", "eu-west-1"), "");

        assertThat(find()).isEqualTo("eu-west-1");
    }

    @Test
    void aBucketThatIsNotThereIsSaid() {
        amazon.says("HEAD", 404, Map.of(), "");

        assertThatThrownBy(this::find)
                .isInstanceOf(PublishException.Refused.class)
                .hasMessage("There is no bucket my-bucket at Amazon S3.");
    }

    @Test
    void anAnswerWithoutARegionIsNoAnswer() {
        amazon.says("HEAD", 503, Map.of(), "");

        assertThatThrownBy(this::find)
                .isInstanceOf(PublishException.Unavailable.class)
                .hasMessage("Amazon S3 did not say in which region bucket my-bucket is; give it as region.");
    }

    @Test
    void nobodyAnswers() {
        amazon.close();

        assertThatThrownBy(this::find)
                .isInstanceOf(PublishException.Unavailable.class)
                .hasMessage("Nothing answers at Amazon S3: the connection was refused.");
    }

    private String find() throws PublishException {
        return new BucketRegion(amazon.url() + "/").find(outbound, "my-bucket");
    }
}
