package ferry.sandbox.drive;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/// One thing in a drive.
///
/// @param docwsid unique in this drive
/// @param zone the app's own, or `com.apple.CloudDocs`
/// @param name as the service stores it, without extension
/// @param parent the docwsid of its folder; empty for the root and for libraries that the root does not list
/// @param content what a file holds; empty for folders
/// @param share where it is somebody else's
record Node(
        String docwsid,
        String zone,
        Type type,
        String name,
        Optional<String> extension,
        String parent,
        Instant modified,
        Optional<Content> content,
        Optional<ObjectNode> share,
        Oddity oddity) {
    /// What it is; the word is the service's.
    enum Type {
        FOLDER,
        APP_LIBRARY,
        FILE
    }

    /// What libraries of apps are called in their zones, all alike.
    static final String DOCUMENTS = "documents";

    /// Libraries of apps go as folders.
    String drivewsid() {
        return (type == Type.FILE ? "FILE" : "FOLDER") + "::" + zone + "::" + shownId();
    }

    /// The docwsid as the service tells it, which names a thing only within its zone.
    String shownId() {
        return type == Type.APP_LIBRARY ? DOCUMENTS : docwsid;
    }

    boolean isFolder() {
        return type != Type.FILE;
    }

    /// As its address shows it.
    String filename() {
        return name + extension.map(e -> "." + e).orElse("");
    }

    Node with(Oddity other) {
        return new Node(docwsid, zone, type, name, extension, parent, modified, content, share, other);
    }

    Node renamed(String other) {
        return new Node(docwsid, zone, type, other, extension, parent, modified, content, share, oddity);
    }

    Node written(Content other) {
        var later = modified.plus(1, ChronoUnit.DAYS);
        return new Node(docwsid, zone, type, name, extension, parent, later, Optional.of(other), share, oddity);
    }

    Node shared(ObjectNode by) {
        return new Node(docwsid, zone, type, name, extension, parent, modified, content, Optional.of(by), oddity);
    }
}
