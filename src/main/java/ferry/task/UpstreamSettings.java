package ferry.task;

import java.time.Duration;

/// How politely upstream accounts are asked. Each figure is per account, over all nodes and organisations.
///
/// @param rate requests per second to one kind of host at most; 0: no ceiling until the source asks to slow down
///     (`FERRY_UPSTREAM_RATE`)
/// @param parallelListing listing requests in flight at once to one kind of host (`FERRY_UPSTREAM_LISTING`)
/// @param parallelContent files that are fetched at once (`FERRY_UPSTREAM_CONTENT`)
/// @param longestWait how long a request waits for its turn; beyond it the task comes back later instead
public record UpstreamSettings(double rate, int parallelListing, int parallelContent, Duration longestWait) {
    public static final UpstreamSettings DEFAULT = new UpstreamSettings(8, 2, 4, Duration.ofSeconds(5));

    public UpstreamSettings {
        if (!(rate >= 0)) {
            throw new IllegalArgumentException("FERRY_UPSTREAM_RATE must be 0 or more, not " + rate);
        }
        if (parallelListing < 1) {
            throw new IllegalArgumentException("FERRY_UPSTREAM_LISTING must be at least 1, not " + parallelListing);
        }
        if (parallelContent < 1) {
            throw new IllegalArgumentException("FERRY_UPSTREAM_CONTENT must be at least 1, not " + parallelContent);
        }
        if (longestWait.isNegative()) {
            throw new IllegalArgumentException("longestWait must not be negative, but is " + longestWait);
        }
    }
}
