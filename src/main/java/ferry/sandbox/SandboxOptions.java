package ferry.sandbox;

import ferry.sandbox.defects.DefectSpec;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/// How the simulator runs.
///
/// @param seed where every randomness that a client can see starts
/// @param latency how long each answer waits before it is given
/// @param latencies the same for one service (`appleauth`, `setup`, `content`, `ckdatabasews`, …), in place
/// of the other
/// @param signInsPerHour SRP exchanges that one account may open within an hour before it is throttled
/// @param wrongPasswords refused passwords in a row that lock an account
/// @param defects what goes wrong when the photos or the drive of an account are read that says nothing of it itself
public record SandboxOptions(
        long seed,
        Duration latency,
        Map<String, Duration> latencies,
        int signInsPerHour,
        int wrongPasswords,
        DefectSpec defects) {
    /// No latency, and room for trying things out by hand.
    public static final SandboxOptions DEFAULT =
            new SandboxOptions(1, Duration.ZERO, Map.of(), 1000, 5, DefectSpec.NONE);

    public SandboxOptions {
        if (signInsPerHour < 1 || wrongPasswords < 1 || latency.isNegative()) {
            throw new IllegalArgumentException("a sandbox needs positive limits and no negative latency");
        }
        latencies = Map.copyOf(latencies);
    }

    /// Another start of all randomness.
    public SandboxOptions withSeed(long value) {
        return new SandboxOptions(value, latency, latencies, signInsPerHour, wrongPasswords, defects);
    }

    /// Another number of refused passwords that lock an account.
    public SandboxOptions withWrongPasswords(int value) {
        return new SandboxOptions(seed, latency, latencies, signInsPerHour, value, defects);
    }

    /// Each answer waits that long.
    public SandboxOptions withLatency(Duration value) {
        return new SandboxOptions(seed, value, latencies, signInsPerHour, wrongPasswords, defects);
    }

    /// Each answer of that service waits that long.
    public SandboxOptions withLatency(String service, Duration value) {
        var all = new HashMap<>(latencies);
        all.put(service, value);
        return new SandboxOptions(seed, latency, all, signInsPerHour, wrongPasswords, defects);
    }

    /// How long an answer of that service waits.
    Duration latencyOf(String service) {
        return latencies.getOrDefault(service, latency);
    }

    /// As strict as the real service was measured to be: ten sign-ins an hour (`icloud-protocol 1.1`).
    public SandboxOptions withSignInsPerHour(int value) {
        return new SandboxOptions(seed, latency, latencies, value, wrongPasswords, defects);
    }

    /// That goes wrong in photo libraries and drives.
    public SandboxOptions withDefects(DefectSpec value) {
        return new SandboxOptions(seed, latency, latencies, signInsPerHour, wrongPasswords, value);
    }
}
