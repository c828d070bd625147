package ferry.sandbox;

import java.time.Duration;

/// How the simulator runs.
///
/// @param seed where every randomness that a client can see starts
/// @param latency how long each answer waits before it is given
/// @param signInsPerHour SRP exchanges that one account may open within an hour before it is throttled
/// @param wrongPasswords refused passwords in a row that lock an account
public record SandboxOptions(long seed, Duration latency, int signInsPerHour, int wrongPasswords) {
    /// No latency, and room for trying things out by hand.
    public static final SandboxOptions DEFAULT = new SandboxOptions(1, Duration.ZERO, 1000, 5);

    public SandboxOptions {
        if (signInsPerHour < 1 || wrongPasswords < 1 || latency.isNegative()) {
            throw new IllegalArgumentException("a sandbox needs positive limits and no negative latency");
        }
    }

    /// Each answer waits that long.
    public SandboxOptions withLatency(Duration value) {
        return new SandboxOptions(seed, value, signInsPerHour, wrongPasswords);
    }

    /// As strict as the real service was measured to be: ten sign-ins an hour (`icloud-protocol 1.1`).
    public SandboxOptions withSignInsPerHour(int value) {
        return new SandboxOptions(seed, latency, value, wrongPasswords);
    }
}
