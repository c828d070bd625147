package ferry.http;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/// What names a request in its answer, in errors, in the log and in the audit log.
final class RequestId {
    private RequestId() {}

    /// Another one: 16 hexadecimal digits.
    static String next() {
        return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    }
}
