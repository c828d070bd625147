package ferry.http;

import ferry.access.OrgId;
import ferry.access.Vault;
import ferry.crypto.Fingerprint;
import ferry.crypto.Sealed;
import ferry.crypto.Secret;
import ferry.db.Database;
import ferry.db.Ids;
import ferry.db.Work;
import ferry.error.ErrorCode;
import java.nio.ByteBuffer;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.transaction.TransactionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Creates happen once, though clients send them again blindly (design: blind re-sends, ADR 0009).
///
/// What a create came to is stored in its own transaction, under a keyed hash of key, path and body, or of the
/// `Idempotency-Key`. A repeat waits for the first by an advisory lock, then finds it. How an answer went out
/// is kept in this process and written to the database a moment later, many at once. Where the process dies
/// before that, the answer counts as not delivered. Thread-safe; [#close] writes what is left.
public final class Resends implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Resends.class);

    /// After an answer that was a 5xx or did not arrive.
    private static final Duration AFTER_A_FAILURE = Duration.ofSeconds(30);
    /// After a 2xx, from clients that repeat what they have been answered.
    private static final Duration AFTER_AN_ANSWER = Duration.ofSeconds(5);
    /// An answer that nobody says anything of: the longest await, and then as after a failure.
    private static final Duration UNKNOWN = AFTER_A_FAILURE.plusSeconds(10);

    private static final Duration KEPT = Duration.ofMinutes(1);
    private static final Duration KEYED_KEPT = Duration.ofDays(7);
    private static final Duration SECRET_KEPT = Duration.ofSeconds(30);
    private static final Duration KEYED_SECRET_KEPT = Duration.ofHours(1);

    /// How long outcomes are gathered. A repeat that comes to another node waits three times as long for one.
    private static final Duration GATHER = Duration.ofMillis(100);

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);
    private static final int LONGEST_KEY = 255;

    private final Database db;
    private final Vault vault;
    private final Fingerprint fingerprint;
    private final InstantSource clock;
    /// Deliveries of which the database does not yet know how they ended.
    private final Map<UUID, Delivery> flights = new ConcurrentHashMap<>();

    private final Map<UUID, Outcome> outcomes = new ConcurrentHashMap<>();
    private final AtomicBoolean writing = new AtomicBoolean();
    private final ScheduledExecutorService writer = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("ferry-resends").daemon().factory());

    /// @param vault seals what is stored
    /// @param fingerprint hashes bodies, which hold passwords, so that nobody finds them by trying
    public Resends(Database db, Vault vault, Fingerprint fingerprint, InstantSource clock) {
        this.db = db;
        this.vault = vault;
        this.fingerprint = fingerprint;
        this.clock = clock;
    }

    /// What a create is known by. `name` finds it, `content` must be the same.
    @SuppressWarnings("ArrayRecordComponent") // never compared as a record
    private record Prints(byte[] name, byte[] content, boolean keyed) {
        long lock() {
            return ByteBuffer.wrap(name).getLong();
        }
    }

    /// What was stored.
    @SuppressWarnings("ArrayRecordComponent") // never compared as a record
    private record Earlier(
            UUID id,
            byte[] content,
            Optional<Sealed> answer,
            Instant created,
            Optional<Instant> ended,
            boolean delivered) {}

    /// How an answer went out, as it will be written.
    private record Outcome(String name, UUID id, Instant ended, boolean delivered) {}

    private enum Verdict {
        SAME,
        ANOTHER,
        /// The first may have been answered a moment ago; its outcome will be known within a moment.
        UNSURE
    }

    private sealed interface Tried<T> {
        record Came<T>(T value) implements Tried<T> {}

        record Again<T>() implements Tried<T> {}
    }

    /// Runs `work` in a transaction of the caller's organisation; for a repeat of an earlier request returns
    /// what that one's `work` returned instead. Call it at most once a request.
    ///
    /// @param type what `work` returns, best the id of what it made: the resource is then shown as it stands.
    ///     Anything that [Json#MAPPER] writes and reads will do. A UUID must be new: it names the row, which goes
    ///     with the resource when that is erased
    /// @throws ApiException `conflict` for an `Idempotency-Key` that came with another request before
    public <T> T once(Request request, Class<T> type, Work<T> work) throws InterruptedException {
        return once(request, type, false, work);
    }

    /// As [#once], for what is seen only once, such as a token: its sealed copy is erased after 30 s. With an
    /// `Idempotency-Key` after an hour, and from then on repeats are a `conflict`.
    public <T> T onceSecret(Request request, Class<T> type, Work<T> work) throws InterruptedException {
        return once(request, type, true, work);
    }

    private <T> T once(Request request, Class<T> type, boolean secret, Work<T> work) throws InterruptedException {
        var prints = prints(request);
        long patience = System.nanoTime() + 3 * GATHER.toNanos();
        while (true) {
            boolean last = System.nanoTime() - patience >= 0;
            var tried = db.tenant(
                    request.caller().organisation(), tx -> attempt(tx, request, prints, type, secret, work, last));
            if (tried instanceof Tried.Came<T>(var value)) {
                return value;
            }
            Thread.sleep(BETWEEN_LOOKS);
        }
    }

    private <T> Tried<T> attempt(
            Handle tx, Request request, Prints prints, Class<T> type, boolean secret, Work<T> work, boolean last) {
        var organisation = request.caller().organisation();
        var found = lockAndFind(tx, prints);
        if (found.isPresent()) {
            var earlier = found.get();
            switch (prints.keyed() ? keyed(prints, earlier) : blind(request, earlier, last)) {
                case SAME -> {
                    return new Tried.Came<>(open(organisation, earlier, type));
                }
                case UNSURE -> {
                    return new Tried.Again<>();
                }
                case ANOTHER -> {}
            }
        }
        var value = work.in(tx);
        var id = value instanceof UUID made ? made : Ids.next(clock);
        store(tx, organisation, prints, id, value, secret);
        watch(prints, id, request.sent().delivery());
        return new Tried.Came<>(value);
    }

    private static Verdict keyed(Prints prints, Earlier earlier) {
        if (!Arrays.equals(prints.content(), earlier.content())) {
            throw new ApiException(
                    ErrorCode.CONFLICT, "This Idempotency-Key came with another path or body before; use a new one.");
        }
        if (earlier.answer().isEmpty()) {
            throw new ApiException(
                    ErrorCode.CONFLICT,
                    "What this Idempotency-Key made holds a secret, which is no longer kept; use a new one.");
        }
        return Verdict.SAME;
    }

    private Verdict blind(Request request, Earlier earlier, boolean last) {
        if (earlier.answer().isEmpty()) {
            return Verdict.ANOTHER;
        }
        var mine = request.sent().delivery();
        var noted = outcomes.get(earlier.id());
        var flight = flights.get(earlier.id());
        if (noted == null && flight != null) {
            return flight.wasWrittenBefore(mine) && !last ? Verdict.UNSURE : Verdict.SAME;
        }
        var now = clock.instant();
        var ended = noted == null ? earlier.ended() : Optional.of(noted.ended());
        if (ended.isEmpty()) {
            return !last ? Verdict.UNSURE : within(earlier.created(), UNKNOWN, now);
        }
        if (noted == null ? !earlier.delivered() : !noted.delivered()) {
            return within(ended.get(), AFTER_A_FAILURE, now);
        }
        // It was sent before the first was answered, and has waited for it.
        if (moment(mine.arrived()).isBefore(ended.get())) {
            return Verdict.SAME;
        }
        return request.isRicloudPy() ? within(ended.get(), AFTER_AN_ANSWER, now) : Verdict.ANOTHER;
    }

    private static Verdict within(Instant since, Duration time, Instant now) {
        return now.isBefore(since.plus(time)) ? Verdict.SAME : Verdict.ANOTHER;
    }

    /// A moment of this process, on the service's clock.
    private Instant moment(long nanoTime) {
        return clock.instant().minusNanos(System.nanoTime() - nanoTime);
    }

    private Prints prints(Request request) {
        var sent = request.sent();
        var key = Long.toString(request.caller().key());
        var content = fingerprint.of("resend", sent.body(), key, sent.method(), sent.path());
        return sent.idempotencyKey()
                .map(named -> {
                    if (named.isBlank() || named.length() > LONGEST_KEY) {
                        throw ApiException.parameter(
                                "Idempotency-Key", "is not a text of 1 to " + LONGEST_KEY + " characters");
                    }
                    return new Prints(fingerprint.of("idempotency-key", key, named), content, true);
                })
                .orElseGet(() -> new Prints(content, content, false));
    }

    /// Two statements in one go: the second's snapshot is taken when the first has the lock, so it sees what
    /// the last holder did.
    private Optional<Earlier> lockAndFind(Handle tx, Prints prints) {
        try (var statement = tx.getConnection().prepareStatement("""
                select pg_advisory_xact_lock(?);
                select id, content, case when date_erase > ? or date_erase is null then answer end as answer,
                       date_created, date_ended, delivered
                  from resend where name = ? and date_expires > ?
                """)) {
            var now = Timestamp.from(clock.instant());
            statement.setLong(1, prints.lock());
            statement.setTimestamp(2, now);
            statement.setBytes(3, prints.name());
            statement.setTimestamp(4, now);
            statement.execute();
            statement.getMoreResults();
            try (var rows = statement.getResultSet()) {
                return rows.next() ? Optional.of(earlier(rows)) : Optional.empty();
            }
        } catch (SQLException e) {
            throw new TransactionException("earlier requests could not be looked through", e);
        }
    }

    private static Earlier earlier(ResultSet row) throws SQLException {
        return new Earlier(
                row.getObject("id", UUID.class),
                row.getBytes("content"),
                Optional.ofNullable(row.getBytes("answer")).map(Sealed::new),
                row.getTimestamp("date_created").toInstant(),
                Optional.ofNullable(row.getTimestamp("date_ended")).map(Timestamp::toInstant),
                row.getBoolean("delivered"));
    }

    private void store(Handle tx, OrgId organisation, Prints prints, UUID id, Object value, boolean secret) {
        var now = clock.instant();
        var sealed = vault.seal(organisation, new Secret(Json.MAPPER.writeValueAsString(value)), context(id));
        var erase = secret ? now.plus(prints.keyed() ? KEYED_SECRET_KEPT : SECRET_KEPT) : null;
        tx.createUpdate("""
                        insert into resend (name, content, organisation, id, keyed, answer, date_created, date_erase,
                                            date_expires)
                        values (:name, :content, :organisation, :id, :keyed, :answer, :now,
                                cast(:erase as timestamptz), :expires)
                        on conflict (name) do update
                           set content = excluded.content, id = excluded.id, answer = excluded.answer,
                               date_created = excluded.date_created, date_erase = excluded.date_erase,
                               date_expires = excluded.date_expires, date_ended = null, delivered = null
                        """)
                .bind("name", prints.name())
                .bind("content", prints.content())
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("keyed", prints.keyed())
                .bind("answer", sealed.ciphertext())
                .bind("now", now)
                .bind("erase", erase)
                .bind("expires", now.plus(prints.keyed() ? KEYED_KEPT : KEPT))
                .execute();
    }

    private <T> T open(OrgId organisation, Earlier earlier, Class<T> type) {
        var text = vault.open(organisation, earlier.answer().orElseThrow(), context(earlier.id()));
        return Json.MAPPER.readValue(text.reveal(), type);
    }

    private static String context(UUID id) {
        return "resend/" + id;
    }

    private void watch(Prints prints, UUID id, Delivery delivery) {
        if (prints.keyed()) {
            return; // however the answer went out, the key decides
        }
        flights.put(id, delivery);
        var name = HexFormat.of().formatHex(prints.name());
        delivery.whenEnded(delivered -> {
            outcomes.put(id, new Outcome(name, id, moment(delivery.endedAt()), delivered));
            if (writing.compareAndSet(false, true) && !writer.isShutdown()) {
                var _ = writer.schedule(this::writeOutcomes, GATHER.toMillis(), TimeUnit.MILLISECONDS);
            }
        });
    }

    private void writeOutcomes() {
        writing.set(false);
        var batch = List.copyOf(outcomes.values());
        try {
            write(batch);
        } catch (RuntimeException e) {
            // Not known is not delivered: the same resource once more, at worst.
            log.warn("how {} answers went out could not be noted", batch.size(), e);
        }
        for (var outcome : batch) {
            outcomes.remove(outcome.id());
            flights.remove(outcome.id());
        }
    }

    private void write(List<Outcome> batch) {
        var rows = new ArrayList<Map<String, @Nullable Object>>();
        for (var outcome : batch) {
            rows.add(Map.of(
                    "name", outcome.name(),
                    "id", outcome.id(),
                    "ended", outcome.ended(),
                    "delivered", outcome.delivered()));
        }
        db.systemDo(tx -> tx.createUpdate("""
                        update resend r set date_ended = o.ended, delivered = o.delivered
                          from jsonb_to_recordset(cast(:outcomes as jsonb))
                               as o (name text, id uuid, ended timestamptz, delivered boolean)
                         where r.name = decode(o.name, 'hex') and r.id = o.id
                        """)
                .bind("outcomes", Json.MAPPER.writeValueAsString(rows))
                .execute());
    }

    /// Forgets what no repeat may be answered with any more. May run on several nodes at once.
    public void sweep() {
        db.systemDo(tx -> {
            tx.createUpdate("delete from resend where date_expires <= :now")
                    .bind("now", clock.instant())
                    .execute();
            tx.createUpdate("update resend set answer = null where date_erase <= :now and answer is not null")
                    .bind("now", clock.instant())
                    .execute();
        });
    }

    @Override
    public void close() {
        writer.shutdownNow();
        if (!outcomes.isEmpty()) {
            writeOutcomes();
        }
    }
}
