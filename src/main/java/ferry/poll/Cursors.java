package ferry.poll;

import ferry.access.OrgId;
import ferry.access.Vault;
import ferry.crypto.CryptoException;
import ferry.crypto.Sealed;
import ferry.db.Ids;
import ferry.storage.FeedWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The table of where readings stopped. A cursor belongs to a source and a data type as it was asked for; what
/// is in it is the connector's own, packed and sealed. It is never changed. The newest few of each source and
/// type are kept, and those that a subscription goes on from.
public final class Cursors {
    /// Of one source and type.
    static final int KEPT = 10;

    private static final int LARGEST = 16 * 1024 * 1024;
    private static final Logger log = LoggerFactory.getLogger(Cursors.class);

    private final Vault vault;
    private final InstantSource clock;

    /// @param clock gives the ids their time
    public Cursors(Vault vault, InstantSource clock) {
        this.vault = vault;
        this.clock = clock;
    }

    /// From where a reading goes on.
    ///
    /// @param state as the connector gave it
    record Start(UUID id, String state) {}

    /// A cursor that is not in the table yet.
    record Made(UUID id, Sealed state) {}

    /// Makes one of a connector's state; empty where that is too large to be kept.
    Optional<Made> make(OrgId organisation, String state) {
        var packed = packed(state);
        if (packed.length > LARGEST) {
            return Optional.empty();
        }
        var id = Ids.next(clock);
        return Optional.of(new Made(id, vault.seal(organisation, packed, context(id))));
    }

    /// Writes one down.
    void add(Handle tx, OrgId organisation, long source, String type, Made made) {
        tx.createUpdate("""
                        insert into cursor (id, organisation, source, data_type, schema_version, state, date_created)
                        values (:id, :organisation, :source, :type, :version, :state, :now)
                        """)
                .bind("id", made.id())
                .bind("organisation", organisation.value())
                .bind("source", source)
                .bind("type", type)
                .bind("version", FeedWriter.SCHEMA)
                .bind("state", made.state().ciphertext())
                .bind("now", clock.instant())
                .execute();
    }

    /// Forgets one that no subscription goes on from.
    void forget(Handle tx, OrgId organisation, UUID id) {
        tx.createUpdate("""
                        delete from cursor
                         where organisation = :organisation and id = :id
                           and not exists (select from delivered where delivered.cursor = cursor.id)
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .execute();
    }

    /// Forgets the oldest of a source and type that no subscription goes on from.
    void forgetOld(Handle tx, OrgId organisation, long source, String type) {
        tx.createUpdate("""
                        delete from cursor
                         where organisation = :organisation and id in (
                               select id from cursor
                                where organisation = :organisation and source = :source and data_type = :type
                                order by id desc offset :kept)
                           and not exists (select from delivered where delivered.cursor = cursor.id)
                        """)
                .bind("organisation", organisation.value())
                .bind("source", source)
                .bind("type", type)
                .bind("kept", KEPT)
                .execute();
    }

    /// Whether there is such a cursor of that source and type.
    boolean isKnown(Handle tx, OrgId organisation, long source, String type, UUID id) {
        return tx.createQuery("""
                        select exists (select from cursor
                                        where organisation = :organisation and id = :id and source = :source
                                          and data_type = :type)
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("source", source)
                .bind("type", type)
                .mapTo(boolean.class)
                .one();
    }

    /// What is in a cursor; empty where it has been forgotten, or was made for records of another version.
    Optional<Start> find(Handle tx, OrgId organisation, long source, String type, UUID id) {
        return tx.createQuery("""
                        select state from cursor
                         where organisation = :organisation and id = :id and source = :source and data_type = :type
                           and schema_version = :version
                        """)
                .bind("organisation", organisation.value())
                .bind("id", id)
                .bind("source", source)
                .bind("type", type)
                .bind("version", FeedWriter.SCHEMA)
                .mapTo(byte[].class)
                .findOne()
                .flatMap(state -> opened(organisation, id, new Sealed(state)));
    }

    private Optional<Start> opened(OrgId organisation, UUID id, Sealed state) {
        try {
            return Optional.of(new Start(id, unpacked(vault.openBytes(organisation, state, context(id)))));
        } catch (CryptoException e) {
            log.warn("cursor {}: {}", id, e.getMessage());
            return Optional.empty();
        }
    }

    private static String context(UUID id) {
        return "cursor/" + id + "/state";
    }

    private static byte[] packed(String state) {
        var packed = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(packed)) {
            out.write(state.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    private static String unpacked(byte[] packed) {
        try (var in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
