package ferry.sandbox.photos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BinaryPlistTest {
    @Test
    void aListOfWordsHasTheBytesAppleWrites() {
        var plist = BinaryPlist.of(List.of("Dog", "é"));
        assertThat(HexFormat.of().formatHex(plist))
                .isEqualTo("62706c6973743030" + "53446f67" + "6100e9" + "a20001" + "0008000c000f" + "000000000000"
                        + "0201" + "0000000000000003" + "0000000000000002" + "0000000000000012");
    }

    @Test
    void aNumberIsADoubleUnderItsKey() {
        var plist = BinaryPlist.of(Map.of("lat", 1.5));
        assertThat(HexFormat.of().formatHex(plist)).contains("536c6174" + "233ff8000000000000" + "d10001");
    }
}
