package ferry.db;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/// Identifiers that sort by the time they were made (UUID version 7, RFC 9562). Thread-safe.
///
/// Within a process each is greater than every one before it, also within one millisecond and when the clock
/// goes back: the twelve bits after the time count on from the last.
public final class Ids {
    private static final int COUNTER_BITS = 12;
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final AtomicLong LAST = new AtomicLong();

    private Ids() {}

    /// The next identifier.
    public static UUID next(InstantSource clock) {
        var now = clock.millis() << COUNTER_BITS;
        var tick = LAST.updateAndGet(last -> Math.max(last + 1, now));
        var time = tick >>> COUNTER_BITS;
        var counter = tick & 0xFFFL;
        return new UUID(time << 16 | 0x7000L | counter, RANDOM.nextLong() >>> 2 | 0x8000_0000_0000_0000L);
    }

    /// Below every identifier made from `moment` on, and above every one made before: tables whose ids these are
    /// need no index on a date to be read up to one.
    public static UUID first(Instant moment) {
        return new UUID(moment.toEpochMilli() << 16 | 0x7000L, 0x8000_0000_0000_0000L);
    }
}
