package ferry;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.erasure.Retention;
import ferry.sandbox.Account;
import ferry.sandbox.LibrarySpec;
import ferry.sandbox.SecondFactor;
import ferry.sandbox.calendars.Appointment;
import ferry.sandbox.notes.NoteText;
import ferry.sandbox.photos.PhotoLibrary;
import ferry.testing.Client;
import ferry.testing.Eventually;
import ferry.testing.FeedSchemas;
import ferry.testing.TestApp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// A poll that goes on from another's cursor fetches what changed since and tells what is gone, over the API,
/// at the simulated iCloud.
class CursorsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int EDITS = 100;
    /// Those whose changes the source itself tells.
    private static final List<Type> TOKENS = List.of(Type.PHOTOS, Type.NOTES, Type.REMINDERS);

    private static final String MEMBERS = "icpl.album_members";
    private static final String DEVICES = "icloud_find_my.devices";
    private static final String ACCOUNT = "icloud.account.info";

    private static TestApp app;
    private static Client client;
    private static FeedSchemas schemas;
    private static long dsid = 60_000_000_000L;
    /// Told once, when first asked for.
    private static @Nullable Story story;

    @BeforeAll
    static void start() {
        app = TestApp.start();
        client = app.client();
        client.storage("local://cursors/results");
        schemas = new FeedSchemas(app.url());
    }

    @AfterAll
    static void stop() {
        app.close();
    }

    @AfterEach
    void nothingForbiddenWasAsked() {
        assertThat(app.sandbox().journal().violations()).isEmpty();
    }

    /// A type with a store in which an owner edits.
    enum Type {
        PHOTOS("icpl.photos", true) {
            @Override
            List<String> items(JsonNode feed) {
                return ids(feed, record -> record.path("library").asString("").equals("personal"));
            }

            // A change does not say whether a frame is its burst's pick.
            @Override
            ObjectNode essence(ObjectNode record) {
                if (record.path("burst") instanceof ObjectNode burst) {
                    burst.remove("pick");
                }
                return record;
            }

            @Override
            void add(Account account, int number) {
                app.sandbox().photos().of(account).addPhoto();
            }

            @Override
            void change(Account account, JsonNode record, Random random) {
                var library = app.sandbox().photos().of(account);
                int serial = serial(account, record);
                boolean hiddenOrTrashed = record.path("deleted").asBoolean()
                        || record.path("hidden").asBoolean();
                switch (random.nextInt(3)) {
                    case 0 -> library.favour(serial);
                    case 1 -> {
                        library.favour(serial);
                        library.favour(serial);
                        library.favour(serial);
                    }
                    default -> {
                        if (hiddenOrTrashed) {
                            library.recover(serial);
                        } else if (random.nextBoolean()) {
                            library.hide(serial);
                        } else {
                            library.trash(serial);
                        }
                    }
                }
            }

            @Override
            void remove(Account account, JsonNode record) {
                app.sandbox().photos().of(account).expunge(serial(account, record));
            }

            private int serial(Account account, JsonNode record) {
                var library = app.sandbox().photos().of(account);
                for (int serial = 0; serial < library.total(); serial++) {
                    if (id(record).equals("photo:" + library.assetName(serial))) {
                        return serial;
                    }
                }
                throw new AssertionError(id(record));
            }

            @Override
            void forgetTokens(Account account) {
                app.sandbox().photos().of(account).forgetTokens();
            }
        },
        NOTES("icloud_notes.notes", true) {
            @Override
            List<String> items(JsonNode feed) {
                return ids(feed, record -> record.path("data_type").asString("").equals("note"));
            }

            @Override
            void add(Account account, int number) {
                app.sandbox().notes().of(account).add("Note " + number, text("Body " + number));
            }

            @Override
            void change(Account account, JsonNode record, Random random) {
                var notes = app.sandbox().notes().of(account);
                if (random.nextBoolean() && notes.replaceAttachment(bare(record))) {
                    return;
                }
                for (int times = random.nextInt(1, 3); times > 0; times--) {
                    notes.rewrite(bare(record), "Rewritten", text("Other words " + random.nextInt()));
                }
            }

            @Override
            void remove(Account account, JsonNode record) {
                app.sandbox().notes().of(account).remove(bare(record));
            }

            @Override
            void forgetTokens(Account account) {
                app.sandbox().notes().of(account).forgetTokens();
            }

            private static NoteText text(String words) {
                return new NoteText().line(NoteText.Style.BODY, words);
            }
        },
        REMINDERS("icloud_reminders.reminders", true) {
            @Override
            List<String> items(JsonNode feed) {
                return ids(feed, record -> record.path("data_type").asString("").equals("reminder"));
            }

            @Override
            void add(Account account, int number) {
                app.sandbox().reminders().of(account).add("Reminder " + number);
            }

            @Override
            void change(Account account, JsonNode record, Random random) {
                var reminders = app.sandbox().reminders().of(account);
                var name = "Reminder/" + bare(record);
                boolean onlyAPart = switch (random.nextInt(3)) {
                    case 0 -> reminders.moveAlarm(name);
                    case 1 -> reminders.replaceAttachment(name);
                    default -> false;
                };
                if (!onlyAPart) {
                    reminders.rewrite(name, "Other " + random.nextInt());
                }
            }

            @Override
            void remove(Account account, JsonNode record) {
                app.sandbox().reminders().of(account).remove("Reminder/" + bare(record));
            }

            @Override
            void forgetTokens(Account account) {
                app.sandbox().reminders().of(account).forgetTokens();
            }
        },
        DRIVE("icloud_drive.files", true) {
            @Override
            List<String> items(JsonNode feed) {
                return ids(feed, record -> record.path("data_type").asString("").equals("file"));
            }

            @Override
            void add(Account account, int number) {
                app.sandbox().drives().of(account).addFile("root", "Added " + number, "txt", 10 + number);
            }

            @Override
            void change(Account account, JsonNode record, Random random) {
                var drive = app.sandbox().drives().of(account);
                if (random.nextBoolean()) {
                    drive.rename(document(record), "Renamed " + random.nextInt());
                } else {
                    drive.write(document(record), 20_000 + random.nextInt(1000));
                }
            }

            @Override
            void remove(Account account, JsonNode record) {
                app.sandbox().drives().of(account).remove(document(record));
            }

            private static String document(JsonNode record) {
                return id(record).substring(id(record).lastIndexOf('/') + 1);
            }

            // Sums over what lies below a folder are no change of the folder.
            @Override
            ObjectNode essence(ObjectNode record) {
                if (!record.path("data_type").asString("").equals("file")) {
                    record.remove(List.of("size", "file_count", "item_count", "etag"));
                }
                return record;
            }
        },
        /// Who is removed leaves groups, which changes these too.
        CONTACTS("icloud_contacts.contacts", false) {
            @Override
            List<String> items(JsonNode feed) {
                return ids(
                        feed,
                        record -> record.path("data_type").asString("").equals("contact")
                                && !record.path("is_own").asBoolean());
            }

            @Override
            void add(Account account, int number) {
                app.sandbox().contacts().of(account).add("Name " + number, "Added");
            }

            @Override
            void change(Account account, JsonNode record, Random random) {
                app.sandbox().contacts().of(account).rename(bare(record), "Renamed " + random.nextInt());
            }

            @Override
            void remove(Account account, JsonNode record) {
                app.sandbox().contacts().of(account).remove(bare(record));
            }
        },
        CALENDARS("icloud_calendars.events", true) {
            // Not those that others follow from.
            @Override
            List<String> items(JsonNode feed) {
                return ids(feed, record -> id(record).matches("event:[0-9A-F]{8}-.*"));
            }

            @Override
            void add(Account account, int number) {
                var start = LocalDateTime.of(2025, 1, 1, 9, 0).plusHours(31L * number);
                app.sandbox()
                        .calendars()
                        .of(account)
                        .put(Appointment.plain(
                                "added-" + number,
                                "home",
                                "Added",
                                "",
                                start,
                                30,
                                Instant.parse("2025-01-01T00:00:00Z")));
            }

            @Override
            void change(Account account, JsonNode record, Random random) {
                app.sandbox().calendars().of(account).rename(bare(record), "Renamed " + random.nextInt());
            }

            @Override
            void remove(Account account, JsonNode record) {
                app.sandbox().calendars().of(account).remove(bare(record));
            }
        };

        private final String words;
        private final boolean alone;

        /// @param alone whether an edit changes one record alone
        Type(String words, boolean alone) {
            this.words = words;
            this.alone = alone;
        }

        /// The ids of those records that may be edited.
        abstract List<String> items(JsonNode feed);

        abstract void add(Account account, int number);

        abstract void change(Account account, JsonNode record, Random random);

        abstract void remove(Account account, JsonNode record);

        ObjectNode essence(ObjectNode record) {
            return record;
        }

        void forgetTokens(Account account) {
            throw new AssertionError("no tokens");
        }
    }

    private static String id(JsonNode record) {
        return record.path("id").asString("");
    }

    /// As the store has it.
    private static String bare(JsonNode record) {
        return id(record).substring(id(record).indexOf(':') + 1);
    }

    private interface Such {
        boolean is(JsonNode record);
    }

    private static List<String> ids(JsonNode feed, Such such) {
        var ids = new ArrayList<String>();
        feed.path("data").forEach(record -> {
            if (such.is(record)) {
                ids.add(id(record));
            }
        });
        return ids;
    }

    private static Account account(String name, int items) {
        var account = new Account(
                name + "@sandbox.example",
                dsid++,
                "C",
                "R",
                new SecondFactor.None(),
                Set.of(),
                new LibrarySpec(7 + dsid, items));
        app.sandbox().accounts().add(account);
        return account;
    }

    private static JsonNode feed(String session, Type type, String more) throws IOException {
        var poll = client.completedPoll(session, "'data_types': ['" + type.words + "']" + more);
        return feed(poll, type);
    }

    private static JsonNode feed(JsonNode poll, Type type) throws IOException {
        return feed(poll, type.words);
    }

    private static JsonNode feed(JsonNode poll, String type) throws IOException {
        var found = client.get("/results?poll=" + id(poll) + "&identifier=data:" + type);
        assertThat(found.text("/total_count")).as(poll.toString()).isEqualTo("1");
        var feed =
                JSON.readTree(Files.readString(Path.of(found.text("/data/0/url").replace("local://", ""))));
        assertThat(schemas.errors(type, feed)).isEmpty();
        return feed;
    }

    private static String from(Type type, String cursor) {
        return ", 'cursors': {'" + type.words + "': '" + cursor + "'}";
    }

    private static String cursor(JsonNode feed) {
        var cursor = feed.at("/metadata/window/cursor").asString("");
        assertThat(cursor).as("cursor of %s", feed.at("/metadata")).isNotEmpty();
        return cursor;
    }

    private static String mode(JsonNode feed) {
        return feed.at("/metadata/window/mode").asString("");
    }

    private static Map<String, JsonNode> byId(JsonNode feed, Type type) {
        return byId(feed, type::essence);
    }

    private static Map<String, JsonNode> byId(JsonNode feed, UnaryOperator<ObjectNode> essence) {
        var records = new LinkedHashMap<String, JsonNode>();
        for (var record : feed.path("data")) {
            assertThat(records.put(id(record), essence.apply(((ObjectNode) record).deepCopy())))
                    .as("twice in a feed: " + id(record))
                    .isNull();
        }
        return records;
    }

    private static boolean isDeletion(JsonNode record) {
        return record.size() == 3 && record.path("deleted").asBoolean();
    }

    /// Edits of a hundred items; some are edited more than once.
    private static void edit(Type type, Account account, JsonNode feed, Random random) {
        var records = byId(feed, type);
        var items = new ArrayList<>(type.items(feed));
        Collections.shuffle(items, random);
        for (int i = 0; i < EDITS; i++) {
            int what = items.isEmpty() ? 0 : random.nextInt(3);
            switch (what) {
                case 0 -> type.add(account, i);
                case 1 -> type.change(account, Objects.requireNonNull(records.get(items.removeLast())), random);
                default -> type.remove(account, Objects.requireNonNull(records.get(items.removeLast())));
            }
        }
    }

    /// The feeds that polls of all types of one account gave: before and after a hundred edits of each, and between.
    ///
    /// @param first of everything
    /// @param changes from there, once all was edited
    /// @param second of everything then
    /// @param nothing from the changes on
    /// @param asked how often the databases were asked for that, by their containers' words
    /// @param again from the first one, once more
    /// @param forgotten the same when the source had forgotten its tokens
    /// @param afterwards from there on
    private record Story(
            Map<Type, JsonNode> first,
            Map<Type, JsonNode> changes,
            Map<Type, JsonNode> second,
            Map<Type, JsonNode> nothing,
            Map<String, Long> asked,
            Map<Type, JsonNode> again,
            Map<Type, JsonNode> forgotten,
            Map<Type, JsonNode> afterwards) {
        static Story of(Account account) throws IOException {
            var session = client.activeSession(account.identifier());
            var all = List.of(Type.values());
            var first = ofAll(session, all, Map.of());
            first.forEach((type, feed) -> edit(type, account, feed, new Random(31)));
            var changes = ofAll(session, all, first);
            var second = ofAll(session, all, Map.of());
            var before = asked(account);
            var nothing = ofAll(session, all, changes);
            var asked = asked(account);
            before.forEach((words, times) -> asked.merge(words, -times, Long::sum));
            var again = ofAll(session, all, first);
            TOKENS.forEach(type -> type.forgetTokens(account));
            var forgotten = ofAll(session, TOKENS, first);
            return new Story(
                    first, changes, second, nothing, asked, again, forgotten, ofAll(session, TOKENS, forgotten));
        }

        /// The feeds of one poll of these types.
        ///
        /// @param from the feeds from whose cursors it goes on
        private static Map<Type, JsonNode> ofAll(String session, List<Type> types, Map<Type, JsonNode> from)
                throws IOException {
            var words = types.stream().map(type -> "'" + type.words + "'").collect(Collectors.joining(", "));
            var cursors = from.entrySet().stream()
                    .filter(feed -> types.contains(feed.getKey()))
                    .map(feed -> "'" + feed.getKey().words + "': '" + cursor(feed.getValue()) + "'")
                    .collect(Collectors.joining(", "));
            var poll = client.completedPoll(
                    session,
                    "'data_types': [" + words + "]" + (cursors.isEmpty() ? "" : ", 'cursors': {" + cursors + "}"));
            var feeds = new EnumMap<Type, JsonNode>(Type.class);
            for (var type : types) {
                feeds.put(type, feed(poll, type));
            }
            return feeds;
        }

        private static Map<String, Long> asked(Account account) {
            var asked = new HashMap<String, Long>();
            app.sandbox().journal().entries().stream()
                    .filter(entry -> entry.account().equals(account.identifier())
                            && entry.path().contains("/database/1/"))
                    .forEach(entry -> asked.merge(
                            entry.path().replaceFirst("^.*/database/1/com\\.apple\\.([a-z]+)/?.*$", "$1"),
                            1L,
                            Long::sum));
            return asked;
        }
    }

    private static JsonNode of(Map<Type, JsonNode> feeds, Type type) {
        return Objects.requireNonNull(feeds.get(type));
    }

    private static synchronized Story story() throws IOException {
        var told = story;
        if (told == null) {
            told = Story.of(account("hundred", 150));
            story = told;
        }
        return told;
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void aHundredRandomEditsAreAHundredEntries(Type type) throws IOException {
        var first = of(story().first, type);
        var changes = of(story().changes, type);
        var second = of(story().second, type);

        assertThat(mode(first)).isEqualTo("full");
        assertThat(mode(changes)).isEqualTo("incremental");
        assertThat(changes.at("/metadata/complete").asBoolean()).isTrue();
        assertThat(mode(second)).isEqualTo("full");
        var before = byId(first, type);
        var after = byId(second, type);
        assertThat(byId(changes, type).keySet()).isEqualTo(differing(before, after));
        if (type.alone) {
            assertThat(changes.path("data")).hasSize(EDITS);
        }
        var applied = new LinkedHashMap<>(before);
        byId(changes, type).forEach((id, record) -> {
            if (isDeletion(record)) {
                assertThat(applied.remove(id)).as(id).isNotNull();
            } else {
                applied.put(id, record);
            }
        });
        assertThat(applied).containsExactlyInAnyOrderEntriesOf(after);
        // The same cursor again tells the same again.
        assertThat(byId(of(story().again, type), type)).isEqualTo(byId(changes, type));
    }

    private static Set<String> differing(Map<String, JsonNode> before, Map<String, JsonNode> after) {
        var differing = new TreeSet<>(before.keySet());
        differing.addAll(after.keySet());
        differing.removeIf(id -> after.containsKey(id) && after.get(id).equals(before.get(id)));
        return differing;
    }

    @Test
    void whatTheSourceOnlyListsIsCompared() throws IOException {
        var account = account("listed", 150);
        var session = client.activeSession(account.identifier());
        var first = listed(session, Map.of());
        var edited = moveAHundred(app.sandbox().photos().of(account));
        var devices = app.sandbox().devices().of(account);
        var gone = devices.ids().getFirst();
        var lost = devices.ids().getLast();
        devices.remove(gone);
        devices.lose(lost, "Please call", "+1 555 0100");
        devices.lookFor(devices.ids().getFirst());
        var renamed = new Account(
                account.identifier(),
                account.dsid(),
                "Another",
                "Name",
                account.secondFactor(),
                account.traits(),
                account.library());
        app.sandbox().accounts().add(renamed);

        var changes = listed(session, first);

        changes.forEach((type, feed) -> assertThat(mode(feed)).as(type).isEqualTo("incremental"));
        var members = byId(of(changes, MEMBERS), record -> record);
        assertThat(members.keySet()).isEqualTo(edited.keySet());
        members.forEach((id, record) ->
                assertThat(isDeletion(record)).as(id).isEqualTo(!Objects.requireNonNull(edited.get(id))));
        var told = byId(of(changes, DEVICES), record -> record);
        assertThat(told.keySet()).containsExactlyInAnyOrder("device:" + gone, "device:" + lost);
        assertThat(ids(of(changes, DEVICES), CursorsTest::isDeletion)).containsExactly("device:" + gone);
        assertThat(of(changes, ACCOUNT).at("/data/0/first_name").asString("")).isEqualTo("Another");
        var second = listed(session, Map.of());
        for (var type : List.of("icpl.albums", MEMBERS, "icpl.shared_albums", ACCOUNT)) {
            assertThat(byId(of(changes, type), record -> record).keySet())
                    .as(type)
                    .isEqualTo(differing(
                            byId(of(first, type), record -> record), byId(of(second, type), record -> record)));
        }

        // An empty list of devices may mean that the owner has not agreed to something.
        devices.ids().forEach(devices::remove);
        var nothing = listed(session, changes);
        nothing.forEach((type, feed) -> {
            assertThat(feed.path("data")).as(type).isEmpty();
            assertThat(cursor(feed)).as(type).isEqualTo(cursor(of(changes, type)));
        });
        assertThat(of(nothing, DEVICES).at("/metadata/warnings/0/code").asString(""))
                .isEqualTo("no_devices");

        var windowed = feed(
                client.completedPoll(session, "'data_types': ['" + ACCOUNT + "'], 'since': '2026-01-01T00:00:00Z'"),
                ACCOUNT);
        assertThat(windowed.path("data")).hasSize(1);
        assertThat(windowed.at("/metadata/warnings/0/code").asString("")).isEqualTo("window_not_applied");
        assertThat(windowed.at("/metadata/window").has("cursor")).isFalse();
    }

    /// The feeds of one poll of all types that are only listed and have no edits of their own above.
    ///
    /// @param from the feeds from whose cursors it goes on
    private static Map<String, JsonNode> listed(String session, Map<String, JsonNode> from) throws IOException {
        var types = List.of("icpl.albums", MEMBERS, "icpl.shared_albums", DEVICES, ACCOUNT);
        var cursors = from.entrySet().stream()
                .map(feed -> "'" + feed.getKey() + "': '" + cursor(feed.getValue()) + "'")
                .collect(Collectors.joining(", "));
        var poll = client.completedPoll(
                session,
                "'data_types': ['" + String.join("', '", types) + "']"
                        + (cursors.isEmpty() ? "" : ", 'cursors': {" + cursors + "}"));
        var feeds = new LinkedHashMap<String, JsonNode>();
        for (var type : types) {
            feeds.put(type, feed(poll, type));
        }
        return feeds;
    }

    private static JsonNode of(Map<String, JsonNode> feeds, String type) {
        return Objects.requireNonNull(feeds.get(type));
    }

    /// Takes fifty photos out of albums and puts fifty into one that is empty.
    ///
    /// @return whether it is in now, by the membership's id
    private static Map<String, Boolean> moveAHundred(PhotoLibrary library) {
        var serials = new HashMap<String, Integer>();
        for (int serial = 0; serial < library.total(); serial++) {
            serials.put(library.assetName(serial), serial);
        }
        var members = new ArrayList<>(new TreeSet<>(library.memberships()));
        Collections.shuffle(members, new Random(31));
        var moved = new HashMap<String, Boolean>();
        for (var member : members.subList(0, EDITS / 2)) {
            var parts = member.split("/");
            library.move(Objects.requireNonNull(serials.get(parts[1])), parts[0], false);
            moved.put("album_member:" + member, false);
        }
        var empty = library.albumsNamed("To sort").getFirst();
        members.stream()
                .map(member -> member.substring(member.indexOf('/') + 1))
                .distinct()
                .limit(EDITS / 2)
                .forEach(photo -> {
                    library.move(Objects.requireNonNull(serials.get(photo)), empty, true);
                    moved.put("album_member:" + empty + "/" + photo, true);
                });
        assertThat(moved).hasSize(EDITS);
        return moved;
    }

    @ParameterizedTest
    @EnumSource(Type.class)
    void whereNothingChangedNothingIsToldAndTheCursorStays(Type type) throws IOException {
        var nothing = of(story().nothing, type);
        assertThat(nothing.path("data")).isEmpty();
        assertThat(cursor(nothing)).isEqualTo(cursor(of(story().changes, type)));
    }

    @Test
    void whereNothingChangedAFewRequestsTellSo() throws IOException {
        // The library of photos has two zones, and originals that are waited for.
        assertThat(story().asked.keySet()).hasSize(3);
        assertThat(story().asked)
                .allSatisfy((container, times) ->
                        assertThat(times).as(container).isBetween(1L, container.equals("photos") ? 4L : 1L));
    }

    @ParameterizedTest
    @EnumSource(
            value = Type.class,
            names = {"PHOTOS", "NOTES", "REMINDERS"})
    void aCursorThatTheSourceHasForgottenIsAFullPollThatSaysSo(Type type) throws IOException {
        var forgotten = of(story().forgotten, type);

        assertThat(mode(forgotten)).isEqualTo("full");
        assertThat(forgotten.at("/metadata/warnings/0/code").asString("")).isEqualTo("cursor_expired");
        assertThat(byId(forgotten, type)).isEqualTo(byId(of(story().second, type), type));
        assertThat(of(story().afterwards, type).path("data")).isEmpty();
    }

    private static long asked(Account account, String pathPart) {
        return app.sandbox()
                .journal()
                .count(entry -> entry.account().equals(account.identifier())
                        && entry.path().contains(pathPart));
    }

    @Test
    void calendarsWhoseTagsAreAsTheyWereAreNotReadAgain() throws IOException {
        var account =
                app.sandbox().accounts().find("calendars-own@sandbox.example").orElseThrow();
        var session = client.activeSession(account.identifier());
        var first = feed(session, Type.CALENDARS, "");
        long asked = asked(account, "/ca/");
        assertThat(asked).isGreaterThan(50);

        var nothing = feed(session, Type.CALENDARS, from(Type.CALENDARS, cursor(first)));
        assertThat(nothing.path("data")).isEmpty();
        assertThat(nothing.at("/metadata/complete").asBoolean()).isTrue();
        assertThat(nothing.at("/metadata/warnings")).isEqualTo(first.at("/metadata/warnings"));
        assertThat(cursor(nothing)).isEqualTo(cursor(first));
        assertThat(asked(account, "/ca/") - asked).isEqualTo(1);

        edit(Type.CALENDARS, account, first, new Random(9));
        var changes = feed(session, Type.CALENDARS, from(Type.CALENDARS, cursor(nothing)));
        assertThat(changes.path("data")).hasSize(EDITS);
        var cursor = cursor(changes);
        asked = asked(account, "/ca/");
        assertThat(feed(session, Type.CALENDARS, from(Type.CALENDARS, cursor)).path("data"))
                .isEmpty();
        assertThat(asked(account, "/ca/") - asked).isEqualTo(1);

        // However that be: once a day all is read.
        toTomorrow();
        assertThat(feed(session, Type.CALENDARS, from(Type.CALENDARS, cursor)).path("data"))
                .isEmpty();
        assertThat(asked(account, "/ca/") - asked).isGreaterThan(50);
    }

    @Test
    void calendarsThatOthersWriteToAreReadWhateverTheirTagsSay() throws IOException {
        var account = account("shared-calendars", 0);
        var session = client.activeSession(account.identifier());
        var first = feed(session, Type.CALENDARS, "");
        long asked = asked(account, "/ca/");
        assertThat(feed(session, Type.CALENDARS, from(Type.CALENDARS, cursor(first)))
                        .path("data"))
                .isEmpty();
        assertThat(asked(account, "/ca/") - asked).isGreaterThan(50);
    }

    @Test
    void contactsWhoseTokenIsAsItWasAreNotReadAgain() throws IOException {
        var account = account("same-token", 0);
        var book = app.sandbox().contacts().of(account);
        var session = client.activeSession(account.identifier());
        var first = feed(session, Type.CONTACTS, "");
        long asked = asked(account, "/co/");
        assertThat(asked).isGreaterThan(2);

        var nothing = feed(session, Type.CONTACTS, from(Type.CONTACTS, cursor(first)));
        assertThat(nothing.path("data")).isEmpty();
        assertThat(cursor(nothing)).isEqualTo(cursor(first));
        assertThat(asked(account, "/co/") - asked).isEqualTo(1);

        var last = book.ids().getLast();
        book.rename(last, "Somebody else");
        var changes = feed(session, Type.CONTACTS, from(Type.CONTACTS, cursor(nothing)));
        assertThat(ids(changes, _ -> true)).containsExactly("contact:" + last);

        asked = asked(account, "/co/");
        toTomorrow();
        assertThat(feed(session, Type.CONTACTS, from(Type.CONTACTS, cursor(changes)))
                        .path("data"))
                .isEmpty();
        assertThat(asked(account, "/co/") - asked).isGreaterThan(2);
    }

    private static void toTomorrow() {
        var now = app.clock().instant();
        var tomorrow = now.truncatedTo(ChronoUnit.DAYS).plus(Duration.ofDays(1));
        app.clock().advance(Duration.between(now, tomorrow));
    }

    @Test
    void aCursorIsGoodForItsSourceAndTypeAlone() throws IOException {
        var account = account("owner", 45);
        var session = client.activeSession(account.identifier());
        var cursor = cursor(feed(session, Type.NOTES, ""));
        var other = client.activeSession(account("other", 45).identifier());

        assertThat(refused(other, Type.NOTES, cursor)).isEqualTo("is not a cursor of this source and type");
        assertThat(refused(session, Type.REMINDERS, cursor)).isEqualTo("is not a cursor of this source and type");
        assertThat(refused(session, Type.NOTES, UUID.randomUUID().toString()))
                .isEqualTo("is not a cursor of this source and type");
        assertThat(refused(session, Type.NOTES, "made up")).isEqualTo("is not a cursor of this source and type");
        var unasked = poll(session, "'data_types': ['icpl.albums']" + from(Type.NOTES, cursor));
        assertThat(unasked.text("/params/payload.cursors.icloud_notes.notes/0"))
                .isEqualTo("is not among the data types that are asked for");
        var since = poll(
                session,
                "'data_types': ['icloud_notes.notes'], 'since': '2026-01-01T00:00:00Z'" + from(Type.NOTES, cursor));
        assertThat(since.text("/params/payload.cursors/0")).isEqualTo("go with no since and no until");
        var subscribed = client.post(
                "/subscriptions",
                "{'session': '%s', 'poll_payload': {'data_types': ['icloud_notes.notes']%s}}"
                        .formatted(session, from(Type.NOTES, cursor)));
        assertThat(subscribed.status()).isEqualTo(400);
        assertThat(subscribed.text("/params/poll_payload.cursors/0"))
                .isEqualTo("is for single polls; a subscription goes on by itself");
    }

    private static String refused(String session, Type type, String cursor) {
        var answer = poll(session, "'data_types': ['" + type.words + "']" + from(type, cursor));
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.text("/error")).isEqualTo("invalid-parameter");
        return answer.text("/params/payload.cursors." + type.words + "/0");
    }

    private static Client.Answer poll(String session, String payload) {
        return client.post("/polls", "{'session': '" + session + "', 'payload': {" + payload + "}}");
    }

    @Test
    void whatCouldNotBeReadComesWithALaterFeed() throws IOException {
        var account = account("damaged", 45);
        var session = client.activeSession(account.identifier());
        var notes = app.sandbox().notes().of(account);
        var damaged = notes.notes().getFirst();
        notes.damage(damaged);
        var first = feed(session, Type.NOTES, "");
        assertThat(first.at("/metadata/refused").asInt()).isEqualTo(1);
        assertThat(ids(first, _ -> true)).doesNotContain("note:" + damaged);

        var second = feed(session, Type.NOTES, from(Type.NOTES, cursor(first)));
        assertThat(second.path("data")).isEmpty();
        assertThat(second.at("/metadata/complete").asBoolean()).isFalse();
        assertThat(cursor(second)).isEqualTo(cursor(first));

        notes.repair(damaged);
        var third = feed(session, Type.NOTES, from(Type.NOTES, cursor(second)));
        assertThat(ids(third, _ -> true)).containsExactly("note:" + damaged);
        assertThat(third.at("/metadata/complete").asBoolean()).isTrue();
    }

    @Test
    void onlyTheFilesOfWhatChangedArePublished() throws IOException {
        var account = account("files", 8);
        var session = client.activeSession(account.identifier());
        var files = ", 'file_types': ['icloud_drive.file']";
        var drive = app.sandbox().drives().of(account);
        var first = feed(session, Type.DRIVE, files);
        drive.addFile("root", "One more", "txt", 10);

        var poll = client.completedPoll(
                session, "'data_types': ['icloud_drive.files']" + files + from(Type.DRIVE, cursor(first)));

        assertThat(feed(poll, Type.DRIVE).path("data")).hasSize(1);
        assertThat(poll.at("/results/total_count").asInt()).isEqualTo(2);
    }

    @Test
    void whatChangesAloneInANoteOrAReminderIsTheirChange() throws IOException {
        var account = account("parts", 24);
        var session = client.activeSession(account.identifier());
        var notes = app.sandbox().notes().of(account);
        var reminders = app.sandbox().reminders().of(account);
        var payload = "'data_types': ['icloud_notes.notes', 'icloud_reminders.reminders']";
        var files = ", 'file_types': ['icloud_notes.attachment', 'icloud_reminders.attachment']";
        var first = client.completedPoll(session, payload);
        var note = notes.notes().stream().filter(notes::replaceAttachment).findFirst();
        var tabled = notes.notes().stream()
                .filter(name -> !name.equals(note.orElseThrow()) && notes.rewriteTable(name, "Written later"))
                .findFirst();
        var moved = reminders.reminders().stream().filter(reminders::moveAlarm).findFirst();
        var painted = reminders.reminders().stream()
                .filter(reminders::replaceAttachment)
                .findFirst();

        var second = client.completedPoll(session, payload + files + from(first));

        var changed = feed(second, Type.NOTES);
        assertThat(mode(changed)).isEqualTo("incremental");
        var notesAfter = byId(changed, Type.NOTES);
        assertThat(notesAfter.keySet())
                .containsExactlyInAnyOrder("note:" + note.orElseThrow(), "note:" + tabled.orElseThrow());
        assertThat(Objects.requireNonNull(notesAfter.get("note:" + note.get()))
                        .at("/attachments/0/name")
                        .asString())
                .isEqualTo("another.jpg");
        assertThat(Objects.requireNonNull(notesAfter.get("note:" + tabled.get()))
                        .path("html")
                        .asString())
                .contains("<td>Written later</td>");
        var due = feed(second, Type.REMINDERS);
        var before = byId(feed(first, Type.REMINDERS), Type.REMINDERS);
        var after = byId(due, Type.REMINDERS);
        assertThat(after.keySet())
                .containsExactlyInAnyOrder(
                        moved.orElseThrow().replace("Reminder/", "reminder:"),
                        painted.orElseThrow().replace("Reminder/", "reminder:"));
        assertThat(Objects.requireNonNull(after.get(moved.get().replace("Reminder/", "reminder:")))
                        .at("/alarms/0/trigger/title")
                        .asString())
                .isEqualTo("Bakery");
        after.forEach((id, record) -> assertThat(record).isNotEqualTo(before.get(id)));
        assertThat(due.at("/metadata/complete").asBoolean()).isTrue();
        // Two feeds, and the files of these notes and the one reminder that has one.
        assertThat(second.at("/results/total_count").asInt()).isEqualTo(5);

        var third = client.completedPoll(session, payload + files + from(second));
        assertThat(feed(third, Type.NOTES).path("data")).isEmpty();
        assertThat(feed(third, Type.REMINDERS).path("data")).isEmpty();
    }

    /// Where a poll of notes and reminders ended.
    private static String from(JsonNode poll) throws IOException {
        return ", 'cursors': {'icloud_notes.notes': '%s', 'icloud_reminders.reminders': '%s'}"
                .formatted(cursor(feed(poll, Type.NOTES)), cursor(feed(poll, Type.REMINDERS)));
    }

    @Test
    void aPollOfAPartGivesNoCursor() throws IOException {
        var session = client.activeSession(account("part", 45).identifier());
        var feed = feed(session, Type.NOTES, ", 'since': '2019-03-05T00:00:00Z'");
        assertThat(feed.at("/metadata/window").has("cursor")).isFalse();
    }

    @Test
    void theNewestTenOfASourceAndTypeAreKept() throws IOException {
        var account = account("ten", 45);
        var session = client.activeSession(account.identifier());
        var cursors = new ArrayList<String>();
        for (int i = 0; i < 12; i++) {
            app.sandbox().reminders().of(account).add("One more " + i);
            cursors.add(cursor(feed(session, Type.REMINDERS, "")));
        }
        assertThat(new HashSet<>(cursors)).hasSize(12);
        assertThat(refused(session, Type.REMINDERS, cursors.get(1))).startsWith("is not a cursor");
        assertThat(feed(session, Type.REMINDERS, from(Type.REMINDERS, cursors.get(2)))
                        .path("data"))
                .hasSize(9);
    }

    @Test
    void anOldOneGoesWithOldPolls() throws IOException {
        var account = account("old", 45);
        var session = client.activeSession(account.identifier());
        feed(session, Type.NOTES, "");
        assertThat(cursorsOf(session)).hasSize(1);

        var month = Optional.of(Duration.ofDays(30));
        var settings = new Retention.Settings(month, Optional.empty(), Optional.empty(), Optional.empty());
        new Retention(app.db(), app.clock(), settings, Optional.empty()).runDue();
        assertThat(cursorsOf(session)).hasSize(1);

        // Ids never go back within a process, and an earlier test may have been far ahead.
        var later = app.clock().instant().plus(Duration.ofDays(4000));
        new Retention(app.db(), InstantSource.fixed(later), settings, Optional.empty()).runDue();
        assertThat(cursorsOf(session)).isEmpty();
    }

    @Test
    void aSubscriptionGoesOnFromItsOwnCursor() throws IOException {
        var account = account("subscribed", 45);
        var session = client.activeSession(account.identifier());
        var notes = app.sandbox().notes().of(account);
        var subscription = id(client.post(
                        "/subscriptions",
                        "{'session': '%s', 'interval': 3600, 'poll_payload': {'data_types': ['icloud_notes.notes']}}"
                                .formatted(session))
                .expect(201));
        var first = due(subscription, 1);
        assertThat(mode(first)).isEqualTo("full");
        var gone = notes.notes().getFirst();
        notes.remove(gone);
        var added = notes.add("New", new NoteText().line(NoteText.Style.BODY, "New"));

        app.clock().advance(Duration.ofHours(2));
        var second = due(subscription, 2);
        assertThat(mode(second)).isEqualTo("incremental");
        assertThat(ids(second, _ -> true)).containsExactlyInAnyOrder("note:" + gone, "note:" + added);
        assertThat(ids(second, CursorsTest::isDeletion)).containsExactly("note:" + gone);

        app.clock().advance(Duration.ofHours(1));
        assertThat(due(subscription, 3).path("data")).isEmpty();

        notes.forgetTokens();
        app.clock().advance(Duration.ofHours(1));
        var fourth = due(subscription, 4);
        assertThat(mode(fourth)).isEqualTo("full");
        assertThat(fourth.at("/metadata/warnings/0/code").asString("")).isEqualTo("cursor_expired");
        assertThat(fourth.path("data")).hasSize(first.path("data").size());
        // Nobody but the subscription went on from those.
        assertThat(cursorsOf(session)).hasSize(1);
    }

    private static Set<String> cursorsOf(String session) {
        return app.db()
                .system(tx -> tx.createQuery("""
                        select id from cursor where source = (select source from session where id = cast(:id as uuid))
                        """)
                        .bind("id", session)
                        .mapTo(String.class)
                        .collect(Collectors.toSet()));
    }

    /// The feed of a subscription's poll, the newest of so many.
    private static JsonNode due(String subscription, int count) throws IOException {
        var all = Eventually.get(
                () -> client.get("/polls?limit=100&requestor=subscription&subscription=" + subscription)
                        .expect(200),
                found -> found.at("/total_count").asInt() >= count
                        && found.at("/data/0/state").asString().equals("completed"));
        assertThat(all.at("/total_count").asInt()).isEqualTo(count);
        return feed(all.at("/data/0"), Type.NOTES);
    }
}
