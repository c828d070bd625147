package ferry.cli;

import ferry.access.Organisation;
import ferry.access.Organisations;
import ferry.audit.Audit;
import ferry.db.Database;
import ferry.key.Keys;
import ferry.session.SessionExpiry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/// What the operator's commands work on: the database itself, beside a service that may be running on it. Whoever
/// opened it closes it.
///
/// @param sessions ends them
/// @param opened what lies behind `db`, to be closed
public record Desk(
        Database db, Organisations organisations, Keys keys, Audit audit, SessionExpiry sessions, AutoCloseable opened)
        implements AutoCloseable {
    /// Opens the database that the settings name.
    public interface Opener {
        /// Opens it; the caller closes it.
        ///
        /// @param data the data folder, where it was typed
        Desk open(Optional<Path> data) throws IOException;
    }

    /// The organisation of that slug or id; else a message that lists all there are.
    Organisation organisation(Handle tx, String slugOrId) {
        var all = organisations.all(tx);
        return all.stream()
                .filter(one ->
                        one.slug().equals(slugOrId) || one.id().toString().equals(slugOrId))
                .findFirst()
                .orElseThrow(() -> new CommandFailed("There is no organisation " + slugOrId + "; "
                        + (all.isEmpty()
                                ? "make one with: ./ferry organisation create NAME"
                                : "there are: "
                                        + all.stream()
                                                .map(one -> one.slug() + " (" + one.id() + ")")
                                                .collect(Collectors.joining(", ")))));
    }

    @Override
    public void close() {
        try {
            opened.close();
        } catch (Exception e) {
            throw new IllegalStateException("the database did not close", e);
        }
    }
}
