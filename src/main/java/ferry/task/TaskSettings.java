package ferry.task;

import java.time.Duration;

/// How this process works on tasks.
///
/// @param slots tasks run at once by this process; 0 runs none (`FERRY_WORKERS`)
/// @param perSource bulk tasks of one source that run at once, over all nodes (`FERRY_TASKS_PER_SOURCE`)
/// @param heartbeat how often a node says that it and its tasks are alive (`FERRY_HEARTBEAT`)
/// @param missedHeartbeats heartbeats missed until another node takes over, from 4 (`FERRY_MISSED_HEARTBEATS`)
/// @param tick how long to wait before looking again when nothing woke us: for work, cancellations, lost leases
/// @param reconcile how often to look for admitted tasks that nobody executes, and for payloads nobody took
/// @param payloadKept how long a payload waits for its task to start, then both are given up
/// @param progressEvery how often changed progress is saved
/// @param giveUpAfter attempts in a row that come back without progress until the task fails
/// @param faultsAllowed attempts in a row that end in an exception of ours until the task fails
/// @param cancelGrace how long a cancelled handler may take to stop before its task is settled without it
/// @param stopWait how long a stopping node waits for its handlers
public record TaskSettings(
        int slots,
        int perSource,
        Duration heartbeat,
        int missedHeartbeats,
        Duration tick,
        Duration reconcile,
        Duration payloadKept,
        Duration progressEvery,
        int giveUpAfter,
        int faultsAllowed,
        Duration cancelGrace,
        Duration stopWait) {
    public static final TaskSettings DEFAULT = new TaskSettings(
            16,
            2,
            Duration.ofSeconds(1),
            4,
            Duration.ofSeconds(1),
            Duration.ofSeconds(10),
            Duration.ofMinutes(2),
            Duration.ofSeconds(2),
            20,
            4,
            Duration.ofSeconds(2),
            Duration.ofSeconds(10));

    public TaskSettings {
        atLeast("FERRY_WORKERS", slots, 0);
        atLeast("FERRY_TASKS_PER_SOURCE", perSource, 1);
        atLeast("FERRY_MISSED_HEARTBEATS", missedHeartbeats, 4);
        atLeast("giveUpAfter", giveUpAfter, 1);
        atLeast("faultsAllowed", faultsAllowed, 1);
        positive("FERRY_HEARTBEAT", heartbeat);
        positive("tick", tick);
        positive("reconcile", reconcile);
        positive("payloadKept", payloadKept);
        positive("progressEvery", progressEvery);
        positive("cancelGrace", cancelGrace);
        positive("stopWait", stopWait);
    }

    /// The same with another number of slots.
    public TaskSettings withSlots(int number) {
        return new TaskSettings(
                number,
                perSource,
                heartbeat,
                missedHeartbeats,
                tick,
                reconcile,
                payloadKept,
                progressEvery,
                giveUpAfter,
                faultsAllowed,
                cancelGrace,
                stopWait);
    }

    /// How long a node may be silent before others take its tasks.
    Duration lease() {
        return heartbeat.multipliedBy(missedHeartbeats);
    }

    private static void atLeast(String name, int value, int least) {
        if (value < least) {
            throw new IllegalArgumentException(name + " must be at least " + least + ", not " + value);
        }
    }

    private static void positive(String name, Duration value) {
        if (value.isZero() || value.isNegative()) {
            throw new IllegalArgumentException(name + " must be longer than nothing, not " + value);
        }
    }
}
