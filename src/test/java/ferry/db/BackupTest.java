package ferry.db;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ferry.testing.Databases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The file itself: what is in it, and which ones are refused.
class BackupTest {
    private static final Transfer SILENT = (_, _, _) -> {};
    private static final Instant NOW = Instant.parse("2026-11-23T00:00:00Z");

    @TempDir
    Path folder;

    @Test
    void everythingIsOfOneMomentThoughTheServiceGoesOn() throws IOException {
        var logins = Databases.freshLogins();
        organisation(logins, "before");
        var file = folder.resolve("backup");
        var header = Backup.write(logins.owner(), file, "1", NOW, (table, _, _) -> {
            if (table.equals("audit")) { // the first of the tables: others are still to come
                organisation(logins, "meanwhile");
            }
        });
        assertThat(count(logins)).isEqualTo(2);

        var restored = Databases.empty();
        restore(file, restored);

        assertThat(header.tables())
                .filteredOn(table -> table.name().equals("organisation"))
                .singleElement()
                .satisfies(table -> assertThat(table.rows()).isEqualTo(1));
        assertThat(names(restored)).isEqualTo("before");
        organisation(restored, "after"); // its id is free
    }

    @Test
    void itIsForThisUserAloneAndNeverOverwritesAnything() throws IOException {
        var logins = Databases.freshLogins();
        var file = folder.resolve("backup");
        Backup.write(logins.owner(), file, "1", NOW, SILENT);

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        var first = Files.readAllBytes(file);
        assertThatThrownBy(() -> Backup.write(logins.owner(), file, "1", NOW, SILENT))
                .isInstanceOf(DatabaseException.class)
                .hasMessageContainingAll(file.toString(), "not overwritten");
        assertThat(file).hasBinaryContent(first);
    }

    @Test
    void aDatabaseThatIsNotFerrysLeavesNoFile() {
        var file = folder.resolve("backup");
        assertThatThrownBy(() -> Backup.write(Databases.empty().owner(), file, "1", NOW, SILENT))
                .isInstanceOf(DatabaseException.class)
                .hasMessageContaining("no data of Ferry's");
        assertThat(file).doesNotExist();
    }

    @Test
    void whatWasCutOffOrChangedIsRefusedInOneLine() throws IOException {
        var logins = Databases.freshLogins();
        organisation(logins, "one");
        var file = folder.resolve("backup");
        Backup.write(logins.owner(), file, "1", NOW, SILENT);
        var whole = Files.readAllBytes(file);
        var changed = whole.clone();
        changed[whole.length - 40] ^= 1;
        var head = whole.clone();
        head[60] ^= 1;
        for (var bytes : new byte[][] {
            Arrays.copyOf(whole, whole.length - 1),
            Arrays.copyOf(whole, whole.length / 2),
            Arrays.copyOf(whole, 20),
            Arrays.copyOf(whole, 3),
            {},
            "PGDMP and the rest of another program's file, which is longer than a checksum"
                    .getBytes(java.nio.charset.StandardCharsets.UTF_8),
            changed,
            head
        }) {
            Files.write(file, bytes);
            assertThatThrownBy(() -> Restore.of(file, SILENT))
                    .isInstanceOf(DatabaseException.class)
                    .hasMessageContaining(file.toString())
                    .message()
                    .hasLineCount(1);
        }
        Files.write(file, whole);
        assertThat(Restore.of(file, SILENT).header().rows()).isPositive();
    }

    @Test
    void aNewerSchemaIsRefused() throws IOException {
        var logins = Databases.freshLogins();
        as(
                logins,
                tx -> tx.execute(
                        "insert into flyway_schema_history select 9999, '9999', 'later', 'SQL',"
                                + " 'V9999__later.sql', 1, installed_by, now(), 1, true from flyway_schema_history where version = '001'"));
        var file = folder.resolve("backup");
        Backup.write(logins.owner(), file, "77.0", NOW, SILENT);

        assertThatThrownBy(() -> restore(file, Databases.empty()))
                .isInstanceOf(DatabaseException.class)
                .hasMessageContainingAll("9999", "Ferry 77.0", "newer");
    }

    @Test
    void anOlderSchemaIsRestoredAsItWasAndThenBroughtUp() throws IOException {
        var old = Databases.empty();
        Migrations.runTo(old.owner(), old.roles(), "4");
        organisation(old, "old");
        var file = folder.resolve("backup");
        assertThat(Backup.write(old.owner(), file, "0", NOW, SILENT).schema()).isEqualTo("004");

        var restored = Databases.empty();
        restore(file, restored);

        assertThat(names(restored)).isEqualTo("old");
        as(restored, tx -> assertThat(Migrations.present(tx)).contains(Migrations.newest(restored.owner())));
        assertThatThrownBy(() -> restore(file, Databases.freshLogins()))
                .isInstanceOf(DatabaseException.class)
                .hasMessageContainingAll("does not go back", "without tables");
    }

    @Test
    void keysAndTriggersAreBackAsTheyWere() throws IOException {
        var logins = Databases.freshLogins();
        as(logins, BackupTest::addTrigger);
        organisation(logins, "counted");
        var file = folder.resolve("backup");
        Backup.write(logins.owner(), file, "1", NOW, SILENT);

        var restored = Databases.freshLogins();
        as(restored, BackupTest::addTrigger);
        restore(file, restored);

        // Restored, not counted once more.
        as(restored, tx -> assertThat(number(tx, "select n from counted")).isEqualTo(1));
        organisation(restored, "another");
        as(restored, tx -> assertThat(number(tx, "select n from counted")).isEqualTo(2));
        assertThat(constraints(restored)).isEqualTo(constraints(logins)).contains("FOREIGN KEY");
    }

    private static void addTrigger(Handle tx) {
        tx.execute("create table counted (n bigint)");
        tx.execute("insert into counted values (0)");
        tx.execute("create function count_it() returns trigger language plpgsql as"
                + " $$ begin update counted set n = n + 1; return null; end $$");
        tx.execute(
                "create trigger counted after insert on organisation for each statement execute function count_it()");
    }

    @Test
    void passwordsOfWaitingTasksStayBehind() throws IOException {
        var logins = Databases.freshLogins();
        organisation(logins, "one");
        as(
                logins,
                tx -> tx.execute(
                        "insert into task (id, organisation, key, type, once, payload, date_created)"
                                + " select gen_random_uuid(), organisation, 1, 'test', true, '\\x01', now() from organisation"));
        var file = folder.resolve("backup");
        Backup.write(logins.owner(), file, "1", NOW, SILENT);

        var restored = Databases.empty();
        restore(file, restored);

        assertThat(ask(logins, "select count(payload)::text from task")).isEqualTo("1");
        assertThat(ask(restored, "select count(*) || ' ' || count(payload) from task"))
                .isEqualTo("1 0");
    }

    @Test
    void whatDoesNotFitIsUndone() throws IOException {
        var logins = Databases.freshLogins();
        organisation(logins, "one");
        var file = folder.resolve("backup");
        Backup.write(logins.owner(), file, "1", NOW, SILENT);
        var restored = Databases.empty();

        assertThatThrownBy(
                        () -> Restore.of(file, SILENT).into(restored.owner(), restored.roles(), BackupTest::any, _ -> {
                            throw new IllegalStateException("another master key");
                        }))
                .hasMessage("another master key");

        assertThat(count(restored)).isZero();
        assertThat(constraints(restored)).isEqualTo(constraints(logins));
        restore(file, restored);
        assertThat(count(restored)).isEqualTo(1);
    }

    /// Any database will do.
    private static void any(Handle tx) {}

    private static void restore(Path file, Databases.Logins into) throws IOException {
        Restore.of(file, SILENT).into(into.owner(), into.roles(), BackupTest::any, BackupTest::any);
    }

    private static void organisation(Databases.Logins logins, String name) {
        as(
                logins,
                tx -> tx.execute(
                        "insert into organisation (name, slug, scopes, data_keys, file_keys, date_created)"
                                + " values (?, ?, '{}', '\\x00', '\\x01', now())",
                        name,
                        name));
    }

    private static String names(Databases.Logins logins) {
        return ask(logins, "select string_agg(name, ',' order by name) from organisation");
    }

    private static long count(Databases.Logins logins) {
        return Long.parseLong(ask(logins, "select count(*)::text from organisation"));
    }

    private static String constraints(Databases.Logins logins) {
        return ask(
                logins,
                "select string_agg(conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)"
                        + " || convalidated, e'\\n' order by conrelid::regclass::text, conname) from pg_constraint"
                        + " where connamespace = 'public'::regnamespace");
    }

    private static long number(Handle tx, String query) {
        return tx.createQuery(query).mapTo(long.class).one();
    }

    private static String ask(Databases.Logins logins, String query) {
        return jdbi(logins)
                .withHandle(tx -> tx.createQuery(query).mapTo(String.class).one());
    }

    private static void as(Databases.Logins logins, Consumer<Handle> work) {
        jdbi(logins).useHandle(work::accept);
    }

    private static Jdbi jdbi(Databases.Logins logins) {
        return Jdbi.create(
                logins.owner().url(), logins.owner().user(), logins.owner().password());
    }
}
