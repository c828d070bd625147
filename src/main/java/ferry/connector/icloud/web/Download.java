package ferry.connector.icloud.web;

import ferry.connector.ConnectorException;
import ferry.connector.Pulls;
import ferry.connector.Target;
import ferry.egress.Answer;
import ferry.error.ErrorCode;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;

/// One file on its way from the content host into its target: counted and proved in passing, resumed by
/// `Range` where it broke off, however often as long as each answer brings it further, and committed only
/// when it is whole (R20). Used once, by one thread.
public final class Download {
    private static final int BUFFER = 64 * 1024;
    /// Answers in a row that brought the file no further.
    private static final int MAX_STALLED = 5;
    private static final long SHORTEST_PAUSE_MS = 250;

    private final Calls calls;
    private final Host host;
    private final Target target;
    private final Pulls.Turn turn;
    private final OptionalLong size;
    private final Optional<? extends Proof> proof;
    private long furthest;

    /// How an attempt at a file ended.
    public enum Outcome {
        /// It is committed.
        DONE,
        /// The source does not hand it out, or no longer under this address.
        GONE,
        /// What came is not the file.
        MISMATCH
    }

    /// Gets a file's bytes. The caller closes the answer.
    @FunctionalInterface
    public interface Host {
        /// One answer, whatever its status.
        ///
        /// @param url as the source gave it
        /// @param from the first byte that is wanted
        Answer get(String url, long from) throws ConnectorException, InterruptedException;
    }

    /// From the content host.
    ///
    /// @param turn handed on when all bytes are here and proved
    /// @param size bytes, where the source says so
    /// @param proof where there is one; without size and proof nothing is ever committed
    public Download(Calls calls, Target target, Pulls.Turn turn, OptionalLong size, Optional<? extends Proof> proof) {
        this(calls, calls::content, target, turn, size, proof);
    }

    /// From wherever the file is kept; the rest as above.
    public Download(
            Calls calls,
            Host host,
            Target target,
            Pulls.Turn turn,
            OptionalLong size,
            Optional<? extends Proof> proof) {
        this.calls = calls;
        this.host = host;
        this.target = target;
        this.turn = turn;
        this.size = size;
        this.proof = proof;
    }

    /// Takes the file from that address. The caller closes the target.
    ///
    /// @throws ConnectorException.Unavailable where it breaks off again and again and gets no further
    public Outcome receive(String url) throws ConnectorException, InterruptedException {
        int stalled = 0;
        while (true) {
            boolean ended = false;
            try (var answer = host.get(url, target.written())) {
                switch (answer.status()) {
                    case 200 -> {
                        restart();
                        ended = take(answer);
                    }
                    case 206 -> {
                        if (continues(answer)) {
                            ended = take(answer);
                        } else {
                            restart();
                        }
                    }
                    case 416 -> restart();
                    case 500, 502, 504 -> {
                        // What is here stays: the next answer may go on from it.
                    }
                    default -> {
                        return Outcome.GONE;
                    }
                }
            }
            if (ended && !isShort()) {
                return settled();
            }
            boolean further = target.written() > furthest;
            if (ended && !further) {
                return Outcome.MISMATCH; // it ends early each time, at the same byte: no accident of the line
            }
            stalled = further ? 0 : stalled + 1;
            if (stalled == MAX_STALLED) {
                throw new ConnectorException.Unavailable(
                        Duration.ofMinutes(1), ErrorCode.SERVICE_UNAVAILABLE, "The source breaks off its files.");
            }
            furthest = Math.max(furthest, target.written());
            calls.pause(pause(stalled));
        }
    }

    /// Doubles with each answer that brought nothing, give or take a quarter.
    private static Duration pause(int stalled) {
        long millis = SHORTEST_PAUSE_MS << Math.max(0, stalled - 1);
        return Duration.ofMillis(millis * 3 / 4 + ThreadLocalRandom.current().nextLong(millis / 2 + 1));
    }

    private void restart() throws InterruptedException {
        if (target.written() > 0) {
            target.restart();
            proof.ifPresent(Proof::restart);
        }
    }

    /// Whether a partial answer starts at the byte that is wanted; one that doesn't say is taken at its word.
    private boolean continues(Answer answer) {
        return answer.header("Content-Range")
                .map(range -> range.replace(" ", "").startsWith("bytes" + target.written() + "-"))
                .orElse(true);
    }

    /// @return whether the body came to its end, or to or beyond the end that it should have; false where it broke off
    private boolean take(Answer answer) throws InterruptedException {
        var buffer = new byte[BUFFER];
        var body = answer.body();
        while (true) {
            int length;
            try {
                length = body.read(buffer);
            } catch (IOException _) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                return size.isPresent() && !isShort();
            }
            if (length < 0) {
                return true;
            }
            proof.ifPresent(p -> p.update(buffer, 0, length));
            target.write(buffer, 0, length);
            if (isLong()) {
                return true;
            }
        }
    }

    private boolean isShort() {
        return size.isPresent() && target.written() < size.getAsLong();
    }

    private boolean isLong() {
        return size.isPresent() && target.written() > size.getAsLong();
    }

    private Outcome settled() throws InterruptedException {
        boolean known = size.isPresent() || proof.isPresent();
        if (!known || isLong() || proof.map(p -> !p.matches()).orElse(false)) {
            return Outcome.MISMATCH;
        }
        turn.over();
        target.commit(proof.isPresent() ? proof.get().integrity() : Target.Integrity.SIZE_ONLY);
        return Outcome.DONE;
    }
}
