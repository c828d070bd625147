package ferry.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ObjectKeyTest {
    private static final UUID POLL = UUID.fromString("6c1f8c0e-3f5a-4a0f-9d6d-0d1f7c0a5b11");

    @Test
    void aFilesKeyIsItsIdentity() {
        var key = ObjectKey.file("a/b", POLL, "id-1", Optional.of("IMG_0001.JPG"));

        assertThat(key.toString()).matches("a/b/" + POLL + "/files/[0-9a-f]{32}/IMG_0001\\.JPG");
        assertThat(key).isEqualTo(ObjectKey.file("a/b", POLL, "id-1", Optional.of("IMG_0001.JPG")));
        assertThat(key).isNotEqualTo(ObjectKey.file("a/b", POLL, "id-2", Optional.of("IMG_0001.JPG")));
    }

    @Test
    void aFeedsKeyCarriesItsAttempt() {
        assertThat(ObjectKey.feed("", POLL, ObjectKey.Kind.INFO, "icloud.devices", 3)
                        .toString())
                .matches(POLL + "/info/[0-9a-f]{32}/3\\.json");
    }

    @Test
    void aFileWithoutANameIsCalledFile() {
        assertThat(ObjectKey.file("", POLL, "id", Optional.empty()).toString()).endsWith("/file");
        assertThat(ObjectKey.file("", POLL, "id", Optional.of(" .. ")).toString())
                .endsWith("/file");
    }

    @Test
    void oneNameInTwoSpellingsIsOneKey() {
        assertThat(ObjectKey.file("", POLL, "id", Optional.of("Cafe\u0301.jpg")))
                .isEqualTo(ObjectKey.file("", POLL, "id", Optional.of("Caf\u00e9.jpg")));
    }

    @Test
    void whatTurnsTheReadingDirectionRoundIsReplaced() {
        assertThat(ObjectKey.harmless("photo\u202Egpj.exe")).isEqualTo("photo_gpj.exe");
    }

    @Test
    void aLongNameKeepsItsExtensionAndWholeCharacters() {
        var name = ObjectKey.harmless("😀".repeat(300) + ".jpeg");

        assertThat(name).endsWith("😀.jpeg");
        assertThat(name.getBytes(StandardCharsets.UTF_8).length).isBetween(170, 180);
        assertThat(ObjectKey.harmless("x" + ".y".repeat(500)).getBytes(StandardCharsets.UTF_8).length)
                .isLessThanOrEqualTo(180);
    }

    /// Any characters whatever, a thousand names: one segment, bounded, and the same when made harmless again.
    @Test
    void noNameWhateverClimbsOut() {
        var random = new Random(7);
        for (int i = 0; i < 1000; i++) {
            var chars = new char[random.nextInt(300)];
            for (int c = 0; c < chars.length; c++) {
                chars[c] = random.nextInt(3) == 0
                        ? "./\\ :%\u0000".charAt(random.nextInt(7))
                        : (char) random.nextInt(0x10000);
            }
            var name = ObjectKey.harmless(new String(chars));

            assertThat(name).doesNotContain("/", "\\", "..", "\u0000", "%", " ").doesNotStartWith(".");
            assertThat(name.getBytes(StandardCharsets.UTF_8).length).isLessThanOrEqualTo(180);
            assertThat(ObjectKey.harmless(name)).isEqualTo(name);
        }
    }

    @Test
    void anUncheckedPathIsABug() {
        assertThatThrownBy(() -> ObjectKey.file("../x", POLL, "id", Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ObjectKey.file("/x", POLL, "id", Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
