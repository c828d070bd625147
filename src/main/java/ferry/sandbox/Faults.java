package ferry.sandbox;

import ferry.http.Exchange;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Answers that somebody has ordered in place of a service's own, or delays before them, each for so many requests.
/// Thread-safe.
final class Faults {
    private final List<Fault> ordered = new ArrayList<>();

    /// One order.
    ///
    /// @param account whose requests to their services it meets; empty: every request, whoever's it turns out to be
    /// @param path is found anywhere in the request's path
    /// @param times how many requests it still meets, from 1
    /// @param status what they are answered with; 0: they are only late
    /// @param retryAfter the header, in seconds; empty for none
    /// @param body the answer's, as it goes out
    record Fault(
            String account,
            Pattern path,
            int times,
            int status,
            Optional<Integer> retryAfter,
            String body,
            Duration delay) {
        private Fault withTimes(int left) {
            return new Fault(account, path, left, status, retryAfter, body, delay);
        }
    }

    synchronized void order(Fault fault) {
        ordered.add(fault);
    }

    /// Those that have not met all their requests yet, in the order in which they were given.
    synchronized List<Fault> left() {
        return List.copyOf(ordered);
    }

    synchronized void clear() {
        ordered.clear();
    }

    /// Whether it has answered; otherwise the service may.
    ///
    /// @param account whose request it is; empty while that is not known
    boolean answers(Exchange exchange, String account) throws InterruptedException {
        var found = take(account, exchange.path());
        if (found.isEmpty()) {
            return false;
        }
        var fault = found.get();
        if (fault.delay().isPositive()) {
            Thread.sleep(fault.delay());
        }
        if (fault.status() == 0) {
            return false;
        }
        fault.retryAfter().ifPresent(seconds -> exchange.set("Retry-After", String.valueOf(seconds)));
        exchange.respond(fault.status(), fault.body().getBytes(StandardCharsets.UTF_8));
        return true;
    }

    private synchronized Optional<Fault> take(String account, String path) {
        for (int i = 0; i < ordered.size(); i++) {
            var fault = ordered.get(i);
            if (fault.account().equals(account) && fault.path().matcher(path).find()) {
                if (fault.times() > 1) {
                    ordered.set(i, fault.withTimes(fault.times() - 1));
                } else {
                    ordered.remove(i);
                }
                return Optional.of(fault);
            }
        }
        return Optional.empty();
    }
}
