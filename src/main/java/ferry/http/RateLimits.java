package ferry.http;

import ferry.access.Caller;
import io.github.bucket4j.Bucket;
import io.github.bucket4j.TimeMeter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// How many requests each organisation and each key may make, counted by each node for itself. Thread-safe.
///
/// A bucket holds as many requests as the rate allows in its time and fills up evenly. One that is full says
/// nothing, so [#sweep] drops it: there are never more than were used within that time.
public final class RateLimits {
    /// No limits.
    public static final RateLimits OFF = new RateLimits(Optional.empty(), Optional.empty(), InstantSource.system());

    private final Optional<Rate> perOrganisation;
    private final Optional<Rate> perKey;
    private final Map<Long, Bucket> organisations = new ConcurrentHashMap<>();
    private final Map<Long, Bucket> keys = new ConcurrentHashMap<>();
    private final TimeMeter time;

    /// @param perOrganisation empty for no limit
    /// @param perKey empty for no limit
    public RateLimits(Optional<Rate> perOrganisation, Optional<Rate> perKey, InstantSource clock) {
        this.perOrganisation = perOrganisation;
        this.perKey = perKey;
        this.time = new TimeMeter() {
            @Override
            public long currentTimeNanos() {
                return ChronoUnit.NANOS.between(Instant.EPOCH, clock.instant());
            }

            @Override
            public boolean isWallClockBased() {
                return true;
            }
        };
    }

    /// Counts one request. One that is refused counts for neither.
    ///
    /// @return empty where it may be answered, else how long to wait for the next
    Optional<Duration> count(Caller caller) {
        var key = perKey.map(rate -> bucket(keys, caller.key(), rate));
        var wait = key.flatMap(RateLimits::take);
        if (wait.isPresent()) {
            return wait;
        }
        wait = perOrganisation
                .map(rate -> bucket(organisations, caller.organisation().value(), rate))
                .flatMap(RateLimits::take);
        if (wait.isPresent()) {
            key.ifPresent(taken -> taken.addTokens(1));
        }
        return wait;
    }

    /// Forgets buckets that are full again.
    public void sweep() {
        perKey.ifPresent(rate -> keys.values().removeIf(bucket -> isFull(bucket, rate)));
        perOrganisation.ifPresent(rate -> organisations.values().removeIf(bucket -> isFull(bucket, rate)));
    }

    int buckets() {
        return keys.size() + organisations.size();
    }

    private static boolean isFull(Bucket bucket, Rate rate) {
        return bucket.getAvailableTokens() >= rate.requests();
    }

    private static Optional<Duration> take(Bucket bucket) {
        var taken = bucket.tryConsumeAndReturnRemaining(1);
        return taken.isConsumed() ? Optional.empty() : Optional.of(Duration.ofNanos(taken.getNanosToWaitForRefill()));
    }

    private Bucket bucket(Map<Long, Bucket> buckets, long id, Rate rate) {
        return buckets.computeIfAbsent(
                id,
                _ -> Bucket.builder()
                        .addLimit(limit -> limit.capacity(rate.requests()).refillGreedy(rate.requests(), rate.per()))
                        .withCustomTimePrecision(time)
                        .build());
    }
}
