package ferry.sandbox.drive;

import ferry.sandbox.defects.Defect;
import java.util.List;

/// What goes wrong with one answer about what lies in a folder. The root's own is always right.
final class ListingDefects {
    private final DriveTree drive;
    private final Node folder;
    private final boolean missing;
    private final boolean repeated;
    private final boolean empty;

    /// @param folder whose listing is asked for
    ListingDefects(DriveTree drive, Node folder) {
        this.drive = drive;
        this.folder = folder;
        // All that strike at once pass at once.
        missing = strikes(Defect.MISSING_PAGE);
        repeated = drive.find(folder.parent()).isPresent() && strikes(Defect.REPEATED_PAGE);
        // Libraries do not tell how much they hold, so that nobody could find out.
        empty = folder.type() == Node.Type.FOLDER && strikes(Defect.EMPTY_PAGE);
    }

    /// Before the answer is made: perhaps the owner adds a file to the folder, or takes one out.
    void shift() {
        if (!isBefallen() || !drive.defects().strikesOnce(Defect.SHIFTING_RANKS, name())) {
            return;
        }
        var all = drive.children(folder);
        var file = all.stream().filter(node -> !node.isFolder()).findFirst();
        if (file.isPresent() && all.size() > 1 && folder.docwsid().hashCode() % 2 == 0) {
            drive.remove(file.get().docwsid());
        } else {
            drive.addFile(folder.docwsid(), "Added meanwhile", "txt", 77);
        }
    }

    /// Whether the listing of the folder above comes in its place.
    boolean isRepeated() {
        return repeated;
    }

    /// Whether it says that there is nothing.
    boolean isEmpty() {
        return empty;
    }

    /// What is told of all that there is. Only an empty answer also says that there is nothing.
    List<Node> shown(List<Node> all) {
        return empty ? List.of() : missing ? all.subList(0, all.size() / 2) : List.copyOf(all);
    }

    private boolean strikes(Defect defect) {
        return isBefallen() && drive.defects().strikes(defect, name());
    }

    private boolean isBefallen() {
        return !folder.docwsid().equals(DriveTree.ROOT)
                && !drive.children(folder).isEmpty();
    }

    private String name() {
        return "folder " + folder.docwsid();
    }
}
