package ferry.session;

import ferry.access.OrgId;
import ferry.crypto.Sealed;
import ferry.http.Json;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/// Sign-ins that wait for their code: the state between the first call and the one that brings it (design 4).
/// Bound to organisation, key, user and source; at most one per source.
public final class OpenSignIns {
    /// How long a code is worth waiting for.
    static final Duration LIFETIME = Duration.ofMinutes(10);

    /// After so many wrong codes it is closed.
    static final int WRONG_CODES = 3;

    private final InstantSource clock;

    /// @param clock tells which are too old
    public OpenSignIns(InstantSource clock) {
        this.clock = clock;
    }

    /// A sign-in as it stands.
    ///
    /// @param state the connector's, sealed
    record OpenSignIn(Sealed state, ChallengeJson challenge, int wrongCodes, Instant dateExpires) {}

    /// The open sign-in of the source, if this key and user opened it.
    Optional<OpenSignIn> find(Handle tx, OrgId organisation, long key, long user, long source) {
        return tx.createQuery("""
                        select * from open_sign_in
                         where organisation = :organisation and source = :source
                           and key = :key and end_user = :user and date_expires > :now
                        """)
                .bind("organisation", organisation.value())
                .bind("source", source)
                .bind("key", key)
                .bind("user", user)
                .bind("now", clock.instant())
                .map((row, _) -> new OpenSignIn(
                        new Sealed(row.getBytes("state")),
                        Json.MAPPER.readValue(row.getString("challenge"), ChallengeJson.class),
                        row.getInt("wrong_codes"),
                        row.getTimestamp("date_expires").toInstant()))
                .findOne();
    }

    /// Keeps a sign-in open, in place of any other of the source.
    void keep(Handle tx, OrgId organisation, long key, long user, long source, OpenSignIn open) {
        tx.createUpdate("""
                        insert into open_sign_in (source, organisation, key, end_user, state, challenge, wrong_codes,
                                                  date_expires)
                        values (:source, :organisation, :key, :user, :state, cast(:challenge as jsonb), :wrong, :expires)
                        on conflict (source) do update
                           set key = :key, end_user = :user, state = :state, challenge = cast(:challenge as jsonb),
                               wrong_codes = :wrong, date_expires = :expires
                        """)
                .bind("source", source)
                .bind("organisation", organisation.value())
                .bind("key", key)
                .bind("user", user)
                .bind("state", open.state().ciphertext())
                .bind("challenge", Json.MAPPER.writeValueAsString(open.challenge()))
                .bind("wrong", open.wrongCodes())
                .bind("expires", open.dateExpires())
                .execute();
    }

    /// Forgets the source's open sign-in.
    void close(Handle tx, OrgId organisation, long source) {
        tx.createUpdate("delete from open_sign_in where organisation = :organisation and source = :source")
                .bind("organisation", organisation.value())
                .bind("source", source)
                .execute();
    }

    /// Forgets those that nobody answered in time. System role.
    public int sweep(Handle tx) {
        return tx.createUpdate("delete from open_sign_in where date_expires <= :now")
                .bind("now", clock.instant())
                .execute();
    }
}
