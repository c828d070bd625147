package ferry.source;

import ferry.access.OrgId;
import ferry.access.Vault;
import ferry.connector.FileRef;
import java.util.Optional;

/// The opaque names of files: deterministic, unforgeable, and bound to their source (design 7). The same file
/// has the same id in every poll; an id of another source, or one that was made up, does not open.
public final class FileIds {
    private static final char SEPARATOR = '\n';

    private final Vault vault;

    /// @param vault holds each organisation's key
    public FileIds(Vault vault) {
        this.vault = vault;
    }

    /// The id under which a client may ask for the file.
    public String issue(OrgId organisation, long source, FileRef ref) {
        return vault.fileIds(organisation).issue(ref.fileType() + SEPARATOR + ref.locator(), context(source));
    }

    /// The file an id names; empty where it was not issued for this source.
    public Optional<FileRef> open(OrgId organisation, long source, String id) {
        return vault.fileIds(organisation).open(id, context(source)).map(plain -> {
            int at = plain.indexOf(SEPARATOR);
            return new FileRef(plain.substring(0, at), plain.substring(at + 1));
        });
    }

    private static String context(long source) {
        return "source/" + source + "/files";
    }
}
