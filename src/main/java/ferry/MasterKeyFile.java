package ferry;

import ferry.cli.CommandFailed;
import ferry.crypto.CryptoException;
import ferry.crypto.MasterKey;
import ferry.crypto.Secret;
import ferry.db.DataFolder;
import ferry.db.DatabaseException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The file `master.key` of a data folder, and the watch on it: a running service takes over what a rotation writes.
final class MasterKeyFile implements AutoCloseable {
    static final String NAME = "master.key";
    private static final Logger log = LoggerFactory.getLogger(MasterKeyFile.class);
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    private final Path folder;
    private final MasterKey held;
    private final Sweeper watch;

    private MasterKeyFile(Path folder, MasterKey held) {
        this.folder = folder;
        this.held = held;
        this.watch = new Sweeper(List.of(new Sweeper.Duty("the master key's file", LOOK_AGAIN, this::look)));
    }

    /// What the file holds; nothing where there is none.
    ///
    /// @throws CryptoException naming the file where it is damaged
    static Optional<MasterKey> read(Path folder) {
        return DataFolder.read(folder, NAME).map(text -> MasterKey.of(new Secret(text), path(folder)));
    }

    /// What the file holds; a new key in a new file where there is none, unless it has been lost: the key is older than
    /// any database.
    static MasterKey readOrMake(DataFolder folder) {
        return read(folder.path()).orElseGet(() -> {
            if (Files.exists(folder.path().resolve("postgres"))) {
                throw new CommandFailed(path(folder.path()) + " is missing beside a database that was made with it;"
                        + " put its copy back.");
            }
            var made = MasterKey.generate(new SecureRandom());
            folder.writeOnce(NAME, made.text().reveal());
            return made;
        });
    }

    /// Puts a new key set in the place of the old one, in one step, and keeps the old one beside it.
    ///
    /// @return the name of the file that holds the old one
    static String replace(Path folder, MasterKey old, MasterKey with) {
        var kept = NAME + ".before-" + with.ids().getLast();
        if (DataFolder.read(folder, kept).isEmpty()) {
            DataFolder.writeOnce(folder, kept, old.text().reveal());
        }
        DataFolder.replace(folder, NAME, with.text().reveal());
        return kept;
    }

    /// Looks at the file each second. The caller closes it.
    static MasterKeyFile watch(Path folder, MasterKey held) {
        var file = new MasterKeyFile(folder, held);
        file.watch.start();
        return file;
    }

    /// Where it is, for people.
    static String path(Path folder) {
        return folder.toAbsolutePath().normalize().resolve(NAME).toString();
    }

    private void look() {
        try {
            var now = read(folder);
            if (now.isPresent() && !now.get().text().equals(held.text())) {
                held.adopt(now.get());
                log.info("took the master key over that a rotation wrote; it seals under {}", held.primary());
            }
        } catch (CryptoException | DatabaseException e) {
            log.warn("went on with the master key that is held: {}", e.getMessage());
        }
    }

    @Override
    public void close() {
        watch.close();
    }
}
