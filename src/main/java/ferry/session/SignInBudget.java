package ferry.session;

import ferry.crypto.Fingerprint;
import ferry.db.Database;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/// How often an account may be signed in to, over all organisations and nodes: too many sign-ins get accounts
/// locked (R1, design 4). An account is known here by a keyed hash only.
public final class SignInBudget {
    private final Database db;
    private final InstantSource clock;
    private final Fingerprint fingerprint;
    private final Settings settings;

    /// @param fingerprint hashes account names
    public SignInBudget(Database db, InstantSource clock, Fingerprint fingerprint, Settings settings) {
        this.db = db;
        this.clock = clock;
        this.fingerprint = fingerprint;
        this.settings = settings;
    }

    /// How many sign-ins an account gets.
    ///
    /// @param perQuarter in any 15 minutes, from 1
    /// @param perHour in any hour, from 1
    public record Settings(int perQuarter, int perHour) {
        public Settings {
            if (perQuarter < 1 || perHour < 1) {
                throw new IllegalArgumentException(
                        "FERRY_SIGN_INS_PER_QUARTER and FERRY_SIGN_INS_PER_HOUR must be at least 1");
            }
        }
    }

    /// Whether a sign-in may be tried now.
    public sealed interface Turn {
        /// It may, and it is counted.
        record Granted() implements Turn {}

        /// It may not.
        ///
        /// @param next when it may
        record Throttled(Instant next) implements Turn {}

        /// The service locked the account a moment ago; trying again makes a lock longer (R7).
        ///
        /// @param next when trying makes sense, if the owner has unlocked it
        record Locked(Instant next) implements Turn {}
    }

    /// Takes one sign-in out of the account's budget.
    public Turn take(String sourceType, String identifier) {
        var account = account(sourceType, identifier);
        return db.system(tx -> {
            lock(tx, account);
            var now = clock.instant();
            var locked = lockedSince(tx, account, now.minus(Duration.ofMinutes(15)));
            if (locked.isPresent()) {
                return new Turn.Locked(locked.get().plus(Duration.ofMinutes(15)));
            }
            var recent = recent(tx, account, now.minus(Duration.ofHours(1)));
            var next = next(recent, now);
            if (next.isPresent()) {
                return new Turn.Throttled(next.get());
            }
            tx.createUpdate("insert into sign_in (account, date) values (:account, :now)")
                    .bind("account", account)
                    .bind("now", now)
                    .execute();
            return new Turn.Granted();
        });
    }

    /// The service has locked the account: nobody tries for a while.
    public void locked(String sourceType, String identifier) {
        var account = account(sourceType, identifier);
        db.system(
                tx -> tx.createUpdate("insert into sign_in (account, date, refused) values (:account, :now, 'locked')")
                        .bind("account", account)
                        .bind("now", clock.instant())
                        .execute());
    }

    /// Forgets what no longer counts. System role.
    public int sweep(Handle tx) {
        return tx.createUpdate("delete from sign_in where date < :old")
                .bind("old", clock.instant().minus(Duration.ofHours(2)))
                .execute();
    }

    /// @param recent sign-ins of the last hour, newest first
    private Optional<Instant> next(List<Instant> recent, Instant now) {
        var quarter = recent.stream()
                .filter(date -> date.isAfter(now.minus(Duration.ofMinutes(15))))
                .toList();
        if (recent.size() >= settings.perHour()) {
            return Optional.of(recent.get(settings.perHour() - 1).plus(Duration.ofHours(1)));
        }
        if (quarter.size() >= settings.perQuarter()) {
            return Optional.of(quarter.get(settings.perQuarter() - 1).plus(Duration.ofMinutes(15)));
        }
        return Optional.empty();
    }

    private byte[] account(String sourceType, String identifier) {
        return fingerprint.of("account", sourceType, identifier.strip().toLowerCase(Locale.ROOT));
    }

    private static void lock(Handle tx, byte[] account) {
        tx.createQuery("select pg_advisory_xact_lock(hashtextextended(encode(:account, 'hex'), 1))::text")
                .bind("account", account)
                .mapTo(String.class)
                .one();
    }

    private static Optional<Instant> lockedSince(Handle tx, byte[] account, Instant since) {
        return tx.createQuery("""
                        select max(date) as date from sign_in
                         where account = :account and refused = 'locked' and date > :since
                        having max(date) is not null
                        """)
                .bind("account", account)
                .bind("since", since)
                .map((row, _) -> row.getTimestamp("date").toInstant())
                .findOne();
    }

    private static List<Instant> recent(Handle tx, byte[] account, Instant since) {
        return tx.createQuery("""
                        select date from sign_in
                         where account = :account and refused is null and date > :since order by date desc
                        """)
                .bind("account", account)
                .bind("since", since)
                .map((row, _) -> row.getTimestamp("date").toInstant())
                .list();
    }
}
