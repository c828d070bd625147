package ferry.sandbox;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// What has happened to an account so far. Used under its own lock.
final class AccountMemory {
    static final Duration CODE_LIFE = Duration.ofMinutes(10);
    static final Duration CODE_LOCK = Duration.ofMinutes(15);
    static final int WRONG_CODES = 5;

    private static final Duration TRUST_LIFE = Duration.ofDays(30);
    private static final Duration CONSENT_LIFE = Duration.ofHours(1);
    static final int FIRST_CODE = 123_456;
    /// How often a client looks before the owner has taken up a device and agreed.
    private static final int LOOKS_BEFORE_CONSENT = 2;
    /// How often a client asks before the device has uploaded the keys.
    private static final int ASKS_BEFORE_KEYS = 2;
    private static final int REQUESTS_BEFORE_MOVE = 5;
    private static final Duration LOCKOUT = Duration.ofHours(3);

    private final Deque<Instant> signIns = new ArrayDeque<>();
    private final Map<String, Instant> trust = new HashMap<>();
    private final Map<String, Integer> keyRequests = new HashMap<>();
    private final int firstCode;
    private int exchanges;
    private int wrongPasswords;
    private int wrongCodes;
    private Instant codesLockedUntil = Instant.MIN;
    private int codesShown;
    private boolean repaired;
    private Instant consentUntil = Instant.MIN;
    private boolean consentAsked;
    private int looks;
    private int partition;
    private int served;
    private int deniedTries;
    private Instant lockedOutUntil = Instant.MIN;

    /// @param firstCode the first code that is shown, and every later one unless codes change
    AccountMemory(int partition, int firstCode) {
        this.firstCode = firstCode;
        this.partition = partition;
    }

    /// Counts an SRP exchange; false where the hour already had `most`.
    synchronized boolean signInAllowed(Instant now, int most) {
        var hourAgo = now.minus(Duration.ofHours(1));
        signIns.removeIf(at -> !at.isAfter(hourAgo));
        if (signIns.size() >= most) {
            return false;
        }
        signIns.add(now);
        return true;
    }

    /// Counts exchanges opened; true for the first, the third, and so on.
    synchronized boolean everyOther() {
        return exchanges++ % 2 == 0;
    }

    synchronized void passwordRefused() {
        wrongPasswords++;
    }

    synchronized void passwordProven() {
        wrongPasswords = 0;
    }

    synchronized boolean locked(int most) {
        return wrongPasswords >= most;
    }

    synchronized void trust(String token, Instant now) {
        trust.put(token, now.plus(TRUST_LIFE));
    }

    synchronized boolean trusts(String token, Instant now) {
        return trust.getOrDefault(token, Instant.MIN).isAfter(now);
    }

    synchronized void distrust(String token) {
        trust.remove(token);
    }

    /// The next code to show: always the same, or the next number where codes change.
    synchronized String newCode(boolean changing) {
        return String.valueOf(firstCode + (changing ? codesShown++ : 0));
    }

    /// Counts a wrong code; true once it was one too many.
    synchronized boolean codeRefused(Instant now) {
        wrongCodes++;
        if (wrongCodes >= WRONG_CODES) {
            codesLockedUntil = now.plus(CODE_LOCK);
            wrongCodes = 0;
        }
        return codesLocked(now);
    }

    synchronized void codeAccepted() {
        wrongCodes = 0;
    }

    synchronized boolean codesLocked(Instant now) {
        return codesLockedUntil.isAfter(now);
    }

    synchronized void repair() {
        repaired = true;
    }

    synchronized boolean repaired() {
        return repaired;
    }

    /// The owner's devices have been asked to agree.
    synchronized void askConsent() {
        consentAsked = true;
        looks = 0;
    }

    /// Until when the owner has agreed, if so. Looking is what passes the time until then.
    synchronized Optional<Instant> lookForConsent(Instant now, boolean willing) {
        if (!consented(now) && consentAsked && willing && ++looks > LOOKS_BEFORE_CONSENT) {
            consentUntil = now.plus(CONSENT_LIFE);
            consentAsked = false;
            keyRequests.clear();
        }
        return consented(now) ? Optional.of(consentUntil) : Optional.empty();
    }

    synchronized boolean consented(Instant now) {
        return consentUntil.isAfter(now);
    }

    synchronized Instant consentUntil() {
        return consentUntil;
    }

    /// How often the app's keys were asked for before, or empty once they are there.
    synchronized Optional<Integer> askForKeys(String app) {
        var before = keyRequests.merge(app, 1, Integer::sum) - 1;
        return before < ASKS_BEFORE_KEYS ? Optional.of(before) : Optional.empty();
    }

    /// Whether an over-used account is locked out. The first try that is told so begins it, each further one makes it
    /// longer; once it has passed it does not come back.
    synchronized boolean lockedOut(Instant now) {
        if (deniedTries > 0 && !lockedOutUntil.isAfter(now)) {
            return false;
        }
        deniedTries++;
        lockedOutUntil = now.plus(LOCKOUT.multipliedBy(deniedTries));
        return true;
    }

    /// How many requests its services have had.
    synchronized int served() {
        return served;
    }

    synchronized int partition() {
        return partition;
    }

    /// Counts a request to a service; a moving account changes its partition after some.
    synchronized void served(boolean moving) {
        served++;
        if (moving && served == REQUESTS_BEFORE_MOVE) {
            partition++;
        }
    }
}
