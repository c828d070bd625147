package ferry.form;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SpoolTest {
    private static final byte[] PIECE =
            "a piece that must not be seen ".repeat(50).getBytes(StandardCharsets.UTF_8);

    @Test
    void piecesComeBackFromMemoryAndFromTheFile() {
        try (var spool = new Spool(3 * PIECE.length)) {
            var places = new ArrayList<Spool.Place>();
            for (int i = 0; i < 20; i++) {
                places.add(spool.put(Arrays.copyOf(PIECE, PIECE.length - i)));
            }
            for (int i = 19; i >= 0; i--) {
                assertThat(spool.get(places.get(i))).isEqualTo(Arrays.copyOf(PIECE, PIECE.length - i));
            }
        }
    }

    /// Where the system allows it the file has no name from the beginning.
    @Test
    void nothingIsLeftOfItsFile() throws Exception {
        var before = files();
        try (var spool = new Spool(0)) {
            for (int i = 0; i < 100; i++) {
                spool.put(PIECE.clone());
            }
        }
        assertThat(files()).isEqualTo(before);
    }

    private static Set<Path> files() throws Exception {
        try (var all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return new HashSet<>(
                    all.filter(file -> file.getFileName().toString().startsWith("ferry-form"))
                            .toList());
        }
    }
}
