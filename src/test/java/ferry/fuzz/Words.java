package ferry.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.random.RandomGenerator;

/// What programs trip over: texts, numbers and whole bodies.
final class Words {
    private static final List<String> TEXTS = List.of(
            "",
            " ",
            "\t\n",
            "\0",
            "a\0b",
            "\uD83D",
            "\uDE00x",
            "\uFFFE\uFFFF",
            "\uFEFFbom",
            "😀👩‍👩‍👧‍👦",
            "e\u0301\u0302\u0303",
            "\u202Etxet",
            "ß\u0130ı",
            "'; drop table end_user; --",
            "%",
            "_",
            "\\",
            "\"",
            "../../../etc/passwd",
            "..%2f",
            "%00",
            "{id}",
            "${jndi:ldap://x}",
            "<script>alert(1)</script>",
            "null",
            "true",
            "NaN",
            "0",
            "-1",
            "+1",
            "007",
            "1.0",
            "1e3",
            "0x10",
            "١٢٣",
            "9223372036854775807",
            "9223372036854775808",
            "99999999999999999999999999",
            "2147483648",
            "00000000-0000-0000-0000-000000000000",
            "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
            "{00000000-0000-0000-0000-000000000000}",
            "0-0-0-0-0",
            "00000000-0000-0000-0000-00000000000g",
            "2026-11-23",
            "2026-13-45T99:99:99Z",
            "+999999999-12-31T23:59:59Z",
            "-999999999-01-01T00:00:00Z",
            "2026-11-23T00:00:00+18:00",
            "0000-00-00T00:00:00Z",
            "*",
            "**********************",
            "icpl.*",
            "*.*.*",
            "data:",
            "local://",
            "local:///",
            "local://a",
            "local://../x",
            "local://abc/../../x",
            "s3://bucket/x",
            "file:///etc/passwd",
            "http://169.254.169.254/");

    private static final List<String> NUMBERS = List.of(
            "0",
            "-0",
            "-1",
            "0.1",
            "1.5",
            "1e3",
            "1E400",
            "-1e400",
            "1e-400",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775809",
            "4294967296",
            "1" + "0".repeat(400),
            "0." + "1".repeat(400),
            "1e99999",
            "604800.9",
            "0.9");

    private Words() {}

    static String text(RandomGenerator random) {
        return switch (random.nextInt(40)) {
            case 0 -> "x".repeat(513);
            case 1 -> "é".repeat(1025);
            case 2 -> "y".repeat(random.nextInt(20_000));
            case 3 -> random.nextInt(20) == 0 ? "z".repeat((1 << 20) + 1) : "z".repeat(3000);
            case 4, 5 ->
                random.ints(random.nextInt(1, 12), 0, 0x3000)
                        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                        .toString();
            default -> of(TEXTS, random);
        };
    }

    /// As JSON writes it.
    static String number(RandomGenerator random) {
        return of(NUMBERS, random);
    }

    /// A body that is no object of JSON, or one that is spelled strangely.
    static byte[] body(String valid, RandomGenerator random) {
        return switch (random.nextInt(22)) {
            case 0 -> utf8("[]");
            case 1 -> utf8("\"text\"");
            case 2 -> utf8("1");
            case 3 -> utf8("true");
            case 4 -> utf8("null");
            case 5 -> utf8("");
            case 6 -> utf8("   ");
            case 7 -> utf8(valid.substring(0, random.nextInt(valid.length() + 1)));
            case 8 -> utf8(valid + "}");
            case 9 -> utf8(valid + valid);
            case 10 -> utf8("\uFEFF" + valid);
            case 11 -> valid.getBytes(StandardCharsets.UTF_16);
            case 12 -> utf8("[".repeat(random.nextInt(1, 50_000)));
            case 13 -> utf8("{\"a\":".repeat(random.nextInt(1, 10_000)));
            case 14 -> utf8("{\"payload\": " + "[".repeat(40) + "]".repeat(40) + "}");
            case 15 -> utf8("{\"a\": NaN}");
            case 16 -> utf8("// comment\n" + valid);
            case 17 -> utf8(valid.replace('"', '\''));
            case 18 -> random.nextInt(40) == 0 ? new byte[(4 << 20) + 1] : new byte[3];
            case 19 -> {
                var bytes = utf8(valid);
                if (bytes.length > 0) {
                    bytes[random.nextInt(bytes.length)] = (byte) (0x80 | random.nextInt(0x80));
                }
                yield bytes;
            }
            case 20 -> {
                var bytes = new byte[random.nextInt(1, 64)];
                random.nextBytes(bytes);
                yield bytes;
            }
            default -> utf8(valid.replaceFirst("}$", ",}"));
        };
    }

    static <T> T of(List<T> all, RandomGenerator random) {
        return all.get(random.nextInt(all.size()));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
