package ferry.sandbox.drive;

import ferry.sandbox.Replies;
import ferry.sandbox.defects.Defects;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;

/// What one account's drive holds. Thread-safe: tests change it while a connector reads it.
public final class DriveTree {
    static final String CLOUD_DOCS = "com.apple.CloudDocs";
    static final String ROOT = "root";
    /// Of an app whose name is longer than a reference.
    static final String LONG_ZONE =
            "iCloud.com.example.notebook-whose-name-goes-on-and-on-until-no-reference-can-hold-it";

    private static final Instant FIRST = Instant.parse("2024-02-29T08:00:00Z");
    private static final String[] WORDS = {"Budget", "Letter", "Travel", "Notes", "Scan", "Report", "Recipe", "Draft"};
    private static final String[] EXTENSIONS = {"pdf", "txt", "jpg", "docx", "mov", "csv"};

    private final DriveSpec spec;
    private final Defects defects;
    private final SplittableRandom random;
    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final Map<String, Set<String>> children = new LinkedHashMap<>();
    private long made;

    private DriveTree(DriveSpec spec) {
        this.spec = spec;
        this.defects = new Defects(spec.defects());
        this.random = new SplittableRandom(spec.seed());
    }

    static DriveTree of(DriveSpec spec) {
        var tree = new DriveTree(spec);
        tree.grow();
        return tree;
    }

    /// Adds a file to a folder.
    ///
    /// @param folder its docwsid, `root` for the root
    /// @return the docwsid of the file
    public synchronized String addFile(String folder, String name, String extension, int size) {
        return file(folder, name, extension, size).docwsid();
    }

    /// Adds a folder to a folder.
    ///
    /// @return its docwsid
    public synchronized String addFolder(String folder, String name) {
        return folder(folder, name).docwsid();
    }

    /// Takes something out, and all that lies in it.
    public synchronized void remove(String docwsid) {
        for (var child : List.copyOf(children.getOrDefault(docwsid, Set.of()))) {
            remove(child);
        }
        children.remove(docwsid);
        var node = nodes.remove(docwsid);
        if (node != null) {
            children.getOrDefault(node.parent(), new LinkedHashSet<>()).remove(docwsid);
        }
    }

    /// Gives something another name.
    public synchronized void rename(String docwsid, String name) {
        nodes.computeIfPresent(docwsid, (_, node) -> node.renamed(name));
    }

    /// Writes other bytes into a file, a day later.
    public synchronized void write(String docwsid, int size) {
        nodes.computeIfPresent(docwsid, (_, node) -> node.written(content(size, false)));
    }

    /// The docwsids of all files, oldest first.
    public synchronized List<String> allFiles() {
        return nodes.values().stream()
                .filter(n -> !n.isFolder())
                .map(Node::docwsid)
                .toList();
    }

    /// The docwsid of the first thing of that name, as the service stores it.
    public synchronized Optional<String> named(String name) {
        return nodes.values().stream()
                .filter(n -> n.name().equals(name))
                .map(Node::docwsid)
                .findFirst();
    }

    /// How many files there are.
    public synchronized long files() {
        return nodes.values().stream().filter(n -> !n.isFolder()).count();
    }

    /// How many folders and libraries there are, the root aside.
    public synchronized long folders() {
        return nodes.values().stream().filter(Node::isFolder).count() - 1;
    }

    /// The bytes that a file is downloaded as.
    public synchronized byte[] bytes(String docwsid) {
        return find(docwsid).flatMap(Node::content).orElseThrow().bytes();
    }

    /// The docwsid of the folder that something lies in; empty at the root, and for libraries that it does not list.
    public synchronized Optional<String> parent(String docwsid) {
        return find(docwsid).map(Node::parent).filter(parent -> !parent.isEmpty() && !parent.equals(ROOT));
    }

    /// What goes wrong, and what has.
    public Defects defects() {
        return defects;
    }

    boolean has(DriveQuirk quirk) {
        return spec.quirks().contains(quirk);
    }

    synchronized Optional<Node> find(String docwsid) {
        return Optional.ofNullable(nodes.get(docwsid));
    }

    /// By its id in requests, in any of the ways it may be written.
    synchronized Optional<Node> byDriveId(String drivewsid) {
        var parts = drivewsid.split("::", 3);
        return parts.length < 3 ? Optional.empty() : find(parts[1], parts[2]);
    }

    /// By what the service tells of it.
    synchronized Optional<Node> find(String zone, String shownId) {
        return shownId.equals(Node.DOCUMENTS)
                ? libraries().stream().filter(n -> n.zone().equals(zone)).findFirst()
                : find(shownId).filter(n -> n.zone().equals(zone));
    }

    /// What lies directly in it.
    synchronized List<Node> children(Node folder) {
        return children.getOrDefault(folder.docwsid(), Set.of()).stream()
                .map(nodes::get)
                .toList();
    }

    /// The libraries of apps, those included that the root does not list.
    synchronized List<Node> libraries() {
        return nodes.values().stream()
                .filter(n -> n.type() == Node.Type.APP_LIBRARY)
                .toList();
    }

    /// How many files lie in it, at any depth, and how many bytes they have.
    synchronized long[] sums(Node folder) {
        var sums = new long[2];
        for (var child : children(folder)) {
            if (child.isFolder()) {
                var below = sums(child);
                sums[0] += below[0];
                sums[1] += below[1];
            } else {
                sums[0]++;
                sums[1] += child.content().map(Content::size).orElse(0);
            }
        }
        return sums;
    }

    private void grow() {
        nodes.put(ROOT, node(ROOT, CLOUD_DOCS, Node.Type.FOLDER, "", "", Optional.empty()));
        library("com.apple.Keynote", "Keynote", ROOT);
        var pages = library("com.apple.Pages", "Pages", ROOT);
        add(packaged(pages, "Letter to Anna", "pages", 9_000));
        var hidden = library(LONG_ZONE, "Notebook", "");
        file(hidden.docwsid(), "Page 1", "txt", 700);
        var documents = folder(ROOT, "Documents");
        names(documents);
        shared(folder(ROOT, "Holiday plans"));
        many(documents);
        odd();
    }

    private void names(Node documents) {
        var invoices = folder(documents.docwsid(), "Invoices 2024:25");
        file(invoices.docwsid(), "Invoice 1:2", "pdf", 4_321);
        // As macOS writes it: letter and accent apart.
        file(documents.docwsid(), "Cafe\u0301 Menu\u0308", "TXT", 321);
        file(documents.docwsid(), "\ud83c\udf89 Party", "txt", 64);
        add(file(documents.docwsid(), "Nothing in it", "txt", 0));
        add(node(id(), CLOUD_DOCS, Node.Type.FILE, "Makefile", documents.docwsid(), Optional.of(content(900, false))));
        add(packaged(documents, "Slides", "key", 20_000));
    }

    private void shared(Node plans) {
        var share = Replies.object().put("shareName", id());
        share.putObject("zoneID")
                .put("zoneName", CLOUD_DOCS)
                .put("ownerRecordName", "_" + id().toLowerCase(Locale.ROOT));
        add(plans.shared(share));
        file(plans.docwsid(), "Packing list", "txt", 250);
        var pictures = folder(plans.docwsid(), "Pictures");
        file(pictures.docwsid(), "Beach", "jpg", 12_345);
        for (var docwsid : List.of("Packing list", "Pictures", "Beach")) {
            add(find(named(docwsid).orElseThrow()).orElseThrow().shared(share));
        }
    }

    private void many(Node documents) {
        var folders = new ArrayList<String>(List.of(documents.docwsid()));
        for (int i = 0; i < spec.folders(); i++) {
            folders.add(folder(folders.get(random.nextInt(folders.size())), word() + " " + i)
                    .docwsid());
        }
        for (int i = 0; i < spec.files(); i++) {
            var extension = EXTENSIONS[random.nextInt(EXTENSIONS.length)];
            file(folders.get(random.nextInt(folders.size())), word() + " " + i, extension, 100 + random.nextInt(8_000));
        }
    }

    private void odd() {
        if (has(DriveQuirk.SHORT)) {
            for (var oddity : List.of(Oddity.SHORT_ONCE, Oddity.SHORT_ALWAYS)) {
                var folder = folder(ROOT, oddity == Oddity.SHORT_ONCE ? "Short once" : "Short always");
                for (int i = 0; i < 5; i++) {
                    file(folder.docwsid(), "Part " + i, "txt", 50);
                }
                add(folder.with(oddity));
            }
        }
        if (has(DriveQuirk.CYCLE)) {
            var loop = folder(folder(ROOT, "Outer").docwsid(), "Inner");
            file(loop.docwsid(), "In the loop", "txt", 40);
            add(loop.with(Oddity.LOOP));
        }
        if (has(DriveQuirk.GONE)) {
            add(folder(ROOT, "Vanishing").with(Oddity.GONE));
            add(file(ROOT, "Moved away", "txt", 40).with(Oddity.GONE));
        }
        if (has(DriveQuirk.DAMAGED)) {
            for (var oddity : List.of(
                    Oddity.CUT_SHORT,
                    Oddity.FLIPPED_BYTE,
                    Oddity.PAGE_INSTEAD,
                    Oddity.EXPIRED_ONCE,
                    Oddity.REDIRECT_ONCE,
                    Oddity.NEWLINE_IN_KEY,
                    Oddity.NOT_UPLOADED)) {
                add(file(ROOT, oddity.name(), "bin", 3_000).with(oddity));
            }
            add(packaged(find(ROOT).orElseThrow(), "Cut package", "key", 8_000).with(Oddity.CUT_SHORT));
        }
    }

    private Node folder(String parent, String name) {
        return add(node(id(), zone(parent), Node.Type.FOLDER, name, parent, Optional.empty()));
    }

    private Node library(String zone, String name, String parent) {
        return add(node("library " + zone, zone, Node.Type.APP_LIBRARY, name, parent, Optional.empty()));
    }

    private Node file(String parent, String name, String extension, int size) {
        return add(extended(
                node(id(), zone(parent), Node.Type.FILE, name, parent, Optional.of(content(size, false))), extension));
    }

    private Node packaged(Node parent, String name, String extension, int size) {
        return add(extended(
                node(id(), parent.zone(), Node.Type.FILE, name, parent.docwsid(), Optional.of(content(size, true))),
                extension));
    }

    private Node node(
            String docwsid, String zone, Node.Type type, String name, String parent, Optional<Content> content) {
        var modified = FIRST.plus(Duration.ofHours(7 * made++));
        return new Node(
                docwsid, zone, type, name, Optional.empty(), parent, modified, content, Optional.empty(), Oddity.NONE);
    }

    private static Node extended(Node node, String extension) {
        return new Node(
                node.docwsid(),
                node.zone(),
                node.type(),
                node.name(),
                Optional.of(extension),
                node.parent(),
                node.modified(),
                node.content(),
                node.share(),
                node.oddity());
    }

    private Node add(Node node) {
        nodes.put(node.docwsid(), node);
        children.computeIfAbsent(node.parent(), _ -> new LinkedHashSet<>()).add(node.docwsid());
        return node;
    }

    private Content content(int size, boolean isPackage) {
        return new Content(random.nextLong(), size, isPackage);
    }

    private String zone(String parent) {
        return find(parent).map(Node::zone).orElse(CLOUD_DOCS);
    }

    private String word() {
        return WORDS[random.nextInt(WORDS.length)];
    }

    private String id() {
        return new UUID(random.nextLong(), random.nextLong()).toString().toUpperCase(Locale.ROOT);
    }
}
