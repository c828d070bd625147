package ferry.connector.icloud.web;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.cloudkit.Proto;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PackedTest {
    private static final Proto DOCUMENT = new Proto().text(2, "some words").number(7, -1);

    @Test
    void allThreePackingsAreUnpacked() {
        for (var packed : new byte[][] {DOCUMENT.gzip(), DOCUMENT.zlib(), DOCUMENT.bare()}) {
            assertThat(Packed.inflate(packed))
                    .hasValueSatisfying(it -> assertThat(it).isEqualTo(DOCUMENT.toBytes()));
        }
        assertThat(Packed.hasHeader(DOCUMENT.gzip())).isTrue();
        assertThat(Packed.hasHeader(DOCUMENT.zlib())).isTrue();
        assertThat(Packed.hasHeader(DOCUMENT.bare())).isFalse();
    }

    @Test
    void whatIsCutShortIsRefusedWhole() {
        for (var packed : new byte[][] {DOCUMENT.gzip(), DOCUMENT.zlib(), DOCUMENT.bare()}) {
            for (int length = 0; length < packed.length; length++) {
                assertThat(Packed.inflate(Arrays.copyOf(packed, length))).isEmpty();
            }
        }
    }

    @Test
    void aBombIsRefused() {
        var zeros = new byte[Packed.FREE_BYTES + 100];
        assertThat(Packed.inflate(new Proto().bytes(1, zeros).gzip())).isEmpty();
        assertThat(Packed.inflate(new Proto().bytes(1, zeros).zlib())).isEmpty();
        var noise = new byte[Packed.MAX_BYTES + 1];
        new Random(1).nextBytes(noise);
        assertThat(Packed.inflate(new Proto().bytes(1, noise).gzip())).isEmpty();
        assertThat(Packed.inflate(
                        new Proto().bytes(1, new byte[Packed.FREE_BYTES - 10]).gzip()))
                .isPresent();
    }

    @Test
    void noiseIsNoDocument() {
        var random = new Random(2);
        int unpacked = 0;
        int documents = 0;
        for (int i = 0; i < 20_000; i++) {
            var noise = new byte[1 + random.nextInt(80)];
            random.nextBytes(noise);
            var bytes = Packed.inflate(noise);
            unpacked += bytes.isPresent() ? 1 : 0;
            documents +=
                    bytes.flatMap(Protobuf::of).flatMap(it -> it.message(2)).isPresent() ? 1 : 0;
        }
        // Bare deflate has no checksum: a handful of bytes in twenty thousand times unpack to something.
        assertThat(unpacked).isLessThan(20);
        assertThat(documents).isZero();
    }

    @Test
    void fieldsAreFoundByNumber() {
        var inner = new Proto().text(2, "b");
        var message = Protobuf.of(new Proto()
                        .number(1, 5)
                        .number(1, 6)
                        .message(3, new Proto().text(2, "a"))
                        .message(3, inner)
                        .bytes(4, new byte[] {(byte) 0xff})
                        .toBytes())
                .orElseThrow();
        assertThat(message.number(1)).hasValue(6);
        assertThat(message.messages(3)).hasSize(2);
        assertThat(message.message(3).flatMap(it -> it.text(2))).isEqualTo(Optional.of("b"));
        assertThat(message.text(4)).isEmpty();
        assertThat(message.has(9)).isFalse();
        assertThat(message.number(3)).isEmpty();
    }

    @Test
    void aLengthBeyondTheEndIsNoMessage() {
        assertThat(Protobuf.of(new byte[] {0x12, 0x7f, 1})).isEmpty();
        assertThat(Protobuf.of(new byte[] {0x12, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1}))
                .isEmpty();
        assertThat(Protobuf.of("no document".getBytes(UTF_8))).isEmpty();
    }
}
