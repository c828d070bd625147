package ferry.sandbox.photos;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.sandbox.Account;
import ferry.sandbox.LibrarySpec;
import ferry.sandbox.SecondFactor;
import ferry.sandbox.defects.Defect;
import ferry.sandbox.defects.DefectSpec;
import ferry.sandbox.defects.Defects;
import ferry.sandbox.drive.DriveTree;
import ferry.testing.Client;
import ferry.testing.TestApp;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/// A library whose answers are wrong in twelve ways is polled over the API, and a drive; what was published is then
/// laid beside what the simulator holds. Each item is there once and right, or named in the poll's errors; and each
/// line of the ledger of defects is accounted for.
class DefectsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String PHOTOS = "'data_types': ['icpl.photos']";
    /// The files that are asked for, by the word the feed has for them.
    private static final List<String> VARIANTS = List.of("original", "alternative", "live_video", "edited");
    private static final Set<Defect> OF_FILES = Set.of(
            Defect.MISSING_URL,
            Defect.EXPIRED_URL,
            Defect.LYING_LENGTH,
            Defect.TRUNCATED_BODY,
            Defect.SWAPPED_BYTES,
            Defect.HTML_BODY);

    private static final Set<Defect> OF_FOLDERS =
            Set.of(Defect.MISSING_PAGE, Defect.REPEATED_PAGE, Defect.EMPTY_PAGE, Defect.SHIFTING_RANKS);

    private static TestApp app;
    private static Client client;

    @BeforeAll
    static void start() {
        app = TestApp.start();
        client = app.client();
        client.storage("local://defects/results");
    }

    @AfterAll
    static void stop() {
        assertThat(app.sandbox().journal().violations()).isEmpty();
        app.close();
    }

    @Test
    void everyDefectIsRepairedOrReportedAndNothingIsPublishedWrong() throws Exception {
        // Of the ten stretches one of each kind stays wrong. A smaller library would have another beside it.
        var spec = DefectSpec.all(1442, 0.05)
                .with(Defect.MISSING_PAGE, 0.2)
                .with(Defect.REPEATED_PAGE, 0.2)
                .with(Defect.EMPTY_PAGE, 0.2)
                .with(Defect.SHIFTING_RANKS, 0.3);
        poll(1, 1_010, spec);
    }

    @Test
    @EnabledIfSystemProperty(named = "ferry.slow", matches = "true")
    void ofTenThousandItemsToo() throws Exception {
        // A stretch is a hundred items: so much makes some stretches of each kind.
        var spec = DefectSpec.all(11, 0.01)
                .with(Defect.MISSING_PAGE, 0.03)
                .with(Defect.REPEATED_PAGE, 0.03)
                .with(Defect.EMPTY_PAGE, 0.03)
                .with(Defect.SHIFTING_RANKS, 0.03);
        poll(2, 10_000, spec);
    }

    private static void poll(int run, int photos, DefectSpec spec) throws Exception {
        var wrong = account("wrong-" + run, 10 + run, new LibrarySpec(31, photos, Set.of(), spec));
        account("right-" + run, 20 + run, new LibrarySpec(31, photos));
        var types = String.join("', 'icpl.photos.", VARIANTS);
        var poll = completed("wrong-" + run, PHOTOS + ", 'file_types': ['icpl.photos." + types + "']");
        assertThat(poll.at("/tasks_failed"))
                .as(poll.at("/errors/data").toString())
                .isEmpty();
        var published = Published.of(client, poll.at("/id").asString());
        var library = app.sandbox().photos().of(wrong);

        var truth = Truth.of(library, published);
        checkItems(library, published);
        assertThat(published.files.keySet()).isEqualTo(truth.files.keySet());
        checkMetadata(published);
        checkEntries(published, "right-" + run);
        accountFor(library, truth);
    }

    private static Account account(String name, int number, LibrarySpec library) {
        var account =
                new Account(name(name), 50_000_000_000L + number, "D", "F", new SecondFactor.None(), Set.of(), library);
        app.sandbox().accounts().add(account);
        return account;
    }

    private static String name(String account) {
        return account + "@sandbox.example";
    }

    private static JsonNode completed(String account, String payload) {
        var id = client.post(
                        "/polls",
                        "{'session': '" + client.activeSession(name(account)) + "', 'payload': {" + payload + "}}")
                .expect(201)
                .at("/id")
                .asString();
        long until = System.nanoTime() + TimeUnit.MINUTES.toNanos(10);
        while (System.nanoTime() < until) {
            var poll = client.get("/polls/" + id).expect(200);
            if (poll.at("/state").asString().equals("completed")) {
                return poll;
            }
            if (!poll.at("/tasks_suspended").isEmpty()) {
                app.clock().advance(Duration.ofSeconds(10));
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
        throw new AssertionError("the poll of " + account + " takes more than ten minutes");
    }

    /// Each item is in the feed once, or an error names it.
    private static void checkItems(PhotoLibrary library, Published published) {
        var lost = new ArrayList<String>();
        var twice = new ArrayList<String>();
        for (int serial = 0; serial < library.total(); serial++) {
            var asset = library.assetName(serial);
            boolean listed = published.entries.containsKey("photo:" + asset);
            boolean named = published.errors.contains("photo:" + asset) || published.errors.contains("record:" + asset);
            if (!listed && !named) {
                lost.add(asset);
            } else if (listed && named) {
                twice.add(asset);
            }
        }
        assertThat(lost).as("neither published nor reported").isEmpty();
        assertThat(twice).as("published and reported").isEmpty();
        assertThat(published.entries.keySet())
                .allMatch(id -> library.byAsset(id.replace("photo:", "")).isPresent());
    }

    private static void checkMetadata(Published published) {
        long refused =
                published.errors.stream().filter(item -> item.contains(":")).count();
        var metadata = published.metadata;
        assertThat(metadata.at("/published").asLong()).isEqualTo(published.entries.size());
        assertThat(metadata.at("/refused").asLong()).isEqualTo(refused);
        assertThat(metadata.at("/listed").asLong()).isEqualTo(published.entries.size() + refused);
        assertThat(metadata.at("/complete").asBoolean()).isEqualTo(refused == 0);
    }

    /// What is said of each photo is what is said of it where nothing goes wrong, but for files, which come and go.
    private static void checkEntries(Published published, String control) throws IOException {
        var right = Published.of(client, completed(control, PHOTOS).at("/id").asString());
        right.entries.forEach((id, entry) -> {
            var other = published.entries.get(id);
            if (other != null) {
                assertThat(said(other)).as(id).isEqualTo(said(entry));
                assertThat(other.at("/burst/pick")).as(id).isIn(entry.at("/burst/pick"), NullNode.getInstance());
            }
        });
    }

    // ---- a drive

    @Test
    void whatIsWrongWithADriveIsRepairedOrReportedToo() throws Exception {
        var spec = DefectSpec.all(19, 0.08)
                .with(Defect.MISSING_PAGE, 0.15)
                .with(Defect.REPEATED_PAGE, 0.15)
                .with(Defect.EMPTY_PAGE, 0.15)
                .with(Defect.SHIFTING_RANKS, 0.2);
        var tree = app.sandbox().drives().of(account("drive", 30, new LibrarySpec(31, 0, Set.of(), spec)));
        grow(tree);
        var poll = completed("drive", "'data_types': ['icloud_drive.files'], 'file_types': ['icloud_drive.file']");
        assertThat(poll.at("/tasks_failed")).isEmpty();
        var drive = new DriveTruth(tree, Published.of(client, poll.at("/id").asString()));

        drive.check();
        drive.accountFor();
    }

    private static void grow(DriveTree tree) {
        var folders = new ArrayList<>(List.of("root"));
        for (int i = 0; i < 60; i++) {
            folders.add(tree.addFolder(folders.get(i / 3), "Folder " + i));
            for (int j = 0; j < 5; j++) {
                tree.addFile(folders.getLast(), "File " + i + "." + j, "bin", 200 + 17 * i + j);
            }
        }
    }

    /// What the simulated drive holds, beside what was published of it. Things go by their documents' ids.
    private static final class DriveTruth {
        private final DriveTree tree;
        private final Published published;
        private final Map<String, JsonNode> entries = new HashMap<>();
        private final Set<String> refused = new HashSet<>();
        private final Map<String, Set<Defect>> lasting = new HashMap<>();
        private final Map<String, Set<Defect>> passing = new HashMap<>();

        DriveTruth(DriveTree tree, Published published) {
            this.tree = tree;
            this.published = published;
            published.entries.forEach((id, entry) -> entries.put(document(id), entry));
            published.errors.stream()
                    .filter(error -> error.contains(":"))
                    .forEach(error -> refused.add(document(error)));
            for (var line : tree.defects().ledger()) {
                (line.lasting() ? lasting : passing)
                        .computeIfAbsent(document(line.item()), _ -> EnumSet.noneOf(Defect.class))
                        .add(line.defect());
            }
        }

        /// Out of an id of the feed, a line of the ledger, or the simulator's own; of a library its zone.
        private static String document(String id) {
            return id.replaceFirst("/documents$", "").replaceFirst("^.*[:/ ]", "");
        }

        void check() throws IOException {
            assertThat(entries).hasSize(published.entries.size());
            for (var document : tree.allFiles()) {
                var entry = entries.get(document);
                if (entry == null) {
                    assertThat(isHidden(document))
                            .as("silently lost: " + document)
                            .isTrue();
                } else {
                    compare(document, entry);
                }
            }
            var files = Set.copyOf(tree.allFiles());
            assertThat(entries.entrySet())
                    .filteredOn(entry ->
                            entry.getValue().at("/data_type").asString().equals("file"))
                    .allMatch(entry -> files.contains(entry.getKey()));
            for (var line : tree.defects().ledger()) {
                if (line.defect() == Defect.REPEATED_PAGE && line.lasting()) {
                    assertThat(refused).contains(document(line.item()));
                }
            }
            checkDriveMetadata();
        }

        private void checkDriveMetadata() {
            var metadata = published.metadata;
            var warnings = metadata.at("/warnings")
                    .valueStream()
                    .map(warning -> warning.at("/code").asString())
                    .toList();
            boolean isShort = lasting.entrySet().stream()
                    .filter(line -> !line.getKey().equals("libraries")
                            && !line.getValue().contains(Defect.REPEATED_PAGE))
                    .anyMatch(line -> line.getValue().contains(Defect.MISSING_PAGE)
                            || line.getValue().contains(Defect.EMPTY_PAGE));
            assertThat(warnings.contains("listing_short")).isEqualTo(isShort);
            assertThat(warnings.contains("app_libraries_unavailable")).isEqualTo(lasting.containsKey("libraries"));
            assertThat(metadata.at("/refused").asInt()).isEqualTo(refused.size());
            assertThat(metadata.at("/published").asInt()).isEqualTo(entries.size());
            assertThat(metadata.at("/complete").asBoolean())
                    .isEqualTo(refused.isEmpty() && !isShort && !lasting.containsKey("libraries"));
        }

        /// It lies where it is, and its file is published right or reported.
        private void compare(String document, JsonNode entry) throws IOException {
            assertThat(refused).doesNotContain(document);
            var parent = entry.at("/parent_id");
            assertThat(parent.isNull() ? Optional.<String>empty() : Optional.of(document(parent.asString())))
                    .isEqualTo(tree.parent(document).map(DriveTruth::document));
            var id = entry.at("/files/0/id").asString();
            var path = published.files.get(id);
            assertThat(path == null).as(document).isEqualTo(published.errors.contains(id));
            if (path != null) {
                assertThat(Files.readAllBytes(path)).isEqualTo(tree.bytes(document));
                assertThat(lasting(document)).doesNotContainAnyElementsOf(OF_FILES);
            } else {
                boolean passesAtOnce = passing.getOrDefault(document, Set.of()).stream()
                                .filter(OF_FILES::contains)
                                .count()
                        <= 1;
                assertThat(passesAtOnce && lasting(document).stream().noneMatch(OF_FILES::contains))
                        .as("given up although it passes: " + document)
                        .isFalse();
            }
        }

        /// Whether something that lasts keeps it back, or a folder that it lies in; an error in its own place in
        /// the second answer too, where the first lacked it.
        private boolean isHidden(String docwsid) {
            var document = document(docwsid);
            var folder = tree.parent(docwsid);
            boolean twice = folder.map(DriveTruth::document)
                    .filter(passing::containsKey)
                    .isPresent();
            boolean byItself = refused.contains(document)
                    && (lasting(document).contains(Defect.RECORD_ERROR)
                            || (twice
                                    && passing.getOrDefault(document, Set.of()).contains(Defect.RECORD_ERROR)));
            boolean unlisted = folder.isEmpty() && docwsid.startsWith("library ") && lasting.containsKey("libraries");
            return byItself || unlisted || folder.filter(this::isKeptBack).isPresent();
        }

        private boolean isKeptBack(String folder) {
            return lasting(document(folder)).stream().anyMatch(OF_FOLDERS::contains) || isHidden(folder);
        }

        private Set<Defect> lasting(String document) {
            return lasting.getOrDefault(document, Set.of());
        }

        void accountFor() {
            Map<Defect, Map<String, Integer>> outcomes = new EnumMap<>(Defect.class);
            for (var line : tree.defects().ledger()) {
                var document = document(line.item());
                var entry = entries.get(document);
                var file = entry == null ? "" : entry.at("/files/0/id").asString("");
                boolean reported = refused.contains(document) || published.errors.contains(file);
                outcomes.computeIfAbsent(line.defect(), _ -> new TreeMap<>())
                        .merge((line.lasting() ? "lasting" : "passing") + (reported ? " named" : ""), 1, Integer::sum);
            }
            outcomes.forEach((defect, each) -> System.out.println("defects of a drive: " + defect + " " + each));
            assertThat(outcomes.keySet()).containsExactlyInAnyOrder(Defect.values());
        }
    }

    private static ObjectNode said(JsonNode entry) {
        // The owner may have deleted it meanwhile; the log does not tell whether a frame stands for its burst.
        return ((ObjectNode) entry.deepCopy()).without(List.of("files", "deleted", "burst"));
    }

    /// Each line is repaired, or reported; what passes and befell a photo alone is repaired.
    private static void accountFor(PhotoLibrary library, Truth truth) {
        var ledger = library.defects().ledger();
        var befallen = new HashMap<Integer, Integer>();
        ledger.forEach(
                line -> photo(library, line).ifPresent(photo -> befallen.merge(photo.master(), 1, Integer::sum)));
        Map<Defect, Map<String, Integer>> outcomes = new EnumMap<>(Defect.class);
        for (var line : ledger) {
            var outcome = outcome(line, truth);
            outcomes.computeIfAbsent(line.defect(), _ -> new TreeMap<>())
                    .merge((line.lasting() ? "lasting " : "passing ") + outcome, 1, Integer::sum);
            boolean alone = photo(library, line)
                    .filter(photo -> !photo.has(Oddity.NO_ADDRESS) && !photo.has(Oddity.NO_ORIGINAL))
                    .filter(photo -> befallen.getOrDefault(photo.master(), 0) == 1)
                    .isPresent();
            if (OF_FILES.contains(line.defect()) && line.lasting()) {
                assertThat(outcome).as(line.toString()).isNotEqualTo("repaired");
            } else if (alone && !line.lasting()) {
                assertThat(outcome)
                        .as(line + " " + photo(library, line) + " " + truth.about(photo(library, line)))
                        .isNotEqualTo("reported");
            }
        }
        outcomes.forEach((defect, each) -> System.out.println("defects: " + defect + " " + each));
        assertThat(outcomes.keySet()).containsExactlyInAnyOrder(Defect.values());
    }

    private static Optional<Photo> photo(PhotoLibrary library, Defects.Line line) {
        // Names of masters may hold slashes themselves.
        var record = line.item().replaceFirst("/res[A-Za-z]+$", "");
        return library.byAsset(record).or(() -> library.byMaster(record));
    }

    /// All items and files are right or reported, which was seen before; so that this only tells them apart.
    private static String outcome(Defects.Line line, Truth truth) {
        if (line.item().startsWith("rank ")) {
            return "repaired";
        }
        if (OF_FILES.contains(line.defect())) {
            var id = truth.ids.get(line.item());
            return id == null ? "not asked for" : truth.reported.contains(id) ? "reported" : "repaired";
        }
        return truth.refused.contains(line.item()) ? "reported" : "repaired";
    }

    /// What a poll published.
    ///
    /// @param entries the feed's, by id
    /// @param files the local copies of its files, by the files' ids
    /// @param errors what its errors name
    private record Published(
            Map<String, JsonNode> entries, JsonNode metadata, Map<String, Path> files, Set<String> errors) {
        static Published of(Client client, String poll) throws IOException {
            var files = new HashMap<String, Path>();
            Path feed = null;
            for (var result : all(client, "/polls/" + poll + "/results")) {
                var path = Path.of(result.at("/url").asString().replace("local://", ""));
                var identifier = result.at("/identifier").asString();
                if (identifier.startsWith("file:")) {
                    assertThat(files.put(identifier.substring("file:".length()), path))
                            .isNull();
                    assertThat(result.at("/checksum").asString()).isEqualTo(md5(Files.readAllBytes(path)));
                } else {
                    assertThat(feed).isNull();
                    feed = path;
                }
            }
            var json = JSON.readTree(Files.readString(Objects.requireNonNull(feed)));
            var entries = new HashMap<String, JsonNode>();
            for (var entry : json.at("/data")) {
                assertThat(entries.put(entry.at("/id").asString(), entry)).isNull();
            }
            var errors = new HashSet<String>();
            for (var error : all(client, "/polls/" + poll + "/errors")) {
                assertThat(errors.add(error.at("/item").asString())).isTrue();
            }
            return new Published(entries, json.at("/metadata"), files, errors);
        }

        private static List<JsonNode> all(Client client, String path) {
            var all = new ArrayList<JsonNode>();
            var after = "";
            while (true) {
                var page = client.get(path + "?limit=1000" + after).expect(200);
                page.at("/data").forEach(all::add);
                if (!page.at("/has_more").asBoolean(false)) {
                    assertThat(all).hasSize(page.at("/total_count").asInt());
                    return all;
                }
                after = "&after_id=" + all.getLast().at("/id").asString();
            }
        }
    }

    /// What the simulator holds, beside what was published of it.
    ///
    /// @param files what was published right, by the files' ids
    /// @param ids the files' ids by the ledger's words for them
    /// @param reported the ids of files that errors name
    /// @param refused the records, as the ledger names them, whose photos errors name
    private record Truth(
            Map<String, Part> files,
            Map<String, String> ids,
            Set<String> reported,
            Set<String> refused,
            Set<String> errors) {
        static Truth of(PhotoLibrary library, Published published) throws IOException {
            var truth = new Truth(new HashMap<>(), new HashMap<>(), new HashSet<>(), new HashSet<>(), published.errors);
            for (int serial = 0; serial < library.total(); serial++) {
                var photo = library.photo(serial);
                var entry = published.entries.get("photo:" + photo.assetName());
                if (entry == null) {
                    truth.refused.add(photo.assetName());
                    truth.refused.add(Records.masterName(photo));
                } else {
                    truth.compare(photo, entry, published);
                }
            }
            return truth;
        }

        /// The errors that name a photo's records.
        List<String> about(Optional<Photo> photo) {
            return errors.stream()
                    .filter(error -> photo.isPresent()
                            && (error.contains(photo.get().assetName())
                                    || error.contains(Records.masterName(photo.get()))))
                    .toList();
        }

        private void compare(Photo photo, JsonNode entry, Published published) throws IOException {
            var told = new HashMap<String, String>();
            entry.at("/files")
                    .forEach(file -> told.put(
                            file.at("/variant").asString(), file.at("/id").asString()));
            for (var variant : VARIANTS) {
                var part = part(photo, variant);
                var id = told.get(variant);
                if (part.isEmpty()) {
                    assertThat(id).as(variant).isNull();
                    continue;
                }
                assertThat(id).as(photo.assetName() + " " + variant).isNotNull();
                ids.put(Records.file(photo, part.get()), id);
                var path = published.files.get(id);
                boolean isReported = published.errors.contains(id);
                assertThat(path != null).as(photo.assetName() + " " + variant).isNotEqualTo(isReported);
                if (path == null) {
                    reported.add(id);
                } else {
                    files.put(id, part.get());
                    assertThat(Files.readAllBytes(path)).isEqualTo(content(photo.file(part.get())));
                }
            }
        }

        private static Optional<Part> part(Photo photo, String variant) {
            boolean edited = photo.assetFiles().containsKey(Part.EDITED);
            return switch (variant) {
                case "original" -> Optional.of(Part.ORIGINAL);
                case "alternative" ->
                    Optional.of(Part.ALTERNATIVE).filter(_ -> photo.shot().isRaw());
                case "live_video" ->
                    Optional.of(Part.LIVE_VIDEO).filter(_ -> photo.shot().isLive());
                default ->
                    Optional.of(photo.shot().isVideo() ? Part.EDITED_VIDEO : Part.EDITED)
                            .filter(_ -> edited);
            };
        }
    }

    private static byte[] content(Template.File file) throws IOException {
        var bytes = new ByteArrayOutputStream();
        file.write(bytes, 0, file.length());
        return bytes.toByteArray();
    }

    private static String md5(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(content));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has MD5", e);
        }
    }
}
