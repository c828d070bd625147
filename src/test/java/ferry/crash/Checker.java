package ferry.crash;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.storage.Intake;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Compares what the API, the bucket and the events say of a poll with what the source's [Library] holds.
final class Checker {
    private static final int LOOKS = 100;
    private static final long LOOK_AGAIN = TimeUnit.MILLISECONDS.toNanos(20);

    private final Cluster cluster;
    private final Set<String> forgotten = new TreeSet<>();
    private int lateObjectsSwept;

    Checker(Cluster cluster) {
        this.cluster = cluster;
    }

    /// How many polls had an object that only the sweeper took away.
    int lateObjectsSwept() {
        return lateObjectsSwept;
    }

    void check(String poll, Plan.Ask ask, boolean changing) throws IOException, InterruptedException {
        var expected = expected(ask);
        var shown = cluster.client().get("/polls/" + poll).expect(200);
        assertThat(shown.at("/state").asString()).isEqualTo("completed");
        assertThat(shown.at("/tasks_succeeded")).as("succeeded of %s", shown).hasSize(tasks(ask));
        assertThat(shown.at("/tasks_completed")).hasSize(tasks(ask));
        assertThat(shown.at("/errors/total_count").asInt())
                .as("errors of %s", shown)
                .isZero();

        var results = results(poll);
        var identifiers =
                results.stream().map(r -> r.at("/identifier").asString()).toList();
        assertThat(identifiers).doesNotHaveDuplicates().containsExactlyInAnyOrderElementsOf(expected.keySet());
        objects(poll, results);
        for (var result : results) {
            var identifier = result.at("/identifier").asString();
            content(identifier, expected.getOrDefault(identifier, ""), result, changing);
        }
        events(poll, tasks(ask));
    }

    /// Near the end of a cluster's life: every poll that ended has its manifest, and local buckets are as it says.
    void checkManifests() throws IOException {
        cluster.awaitManifests();
        List<String> without = cluster.db()
                .system(tx -> tx.createQuery("""
                        select cast(p.id as text) from poll p left join manifest m on m.poll = p.id
                         where p.date_completed is not null and m.state is distinct from 'available'
                        """).mapTo(String.class).list());
        assertThat(without).as("polls without a manifest").isEmpty();
        if (cluster.store() instanceof Store.Local) {
            var organisation = cluster.client().get("/organisation").expect(200).toString();
            List<String> urls = cluster.db()
                    .system(tx -> tx.createQuery("select url from manifest")
                            .mapTo(String.class)
                            .list());
            assertThat(urls).isNotEmpty();
            for (var url : urls) {
                assertThat(Verified.problems(url, organisation)).as(url).isEmpty();
            }
        }
    }

    /// At the end of a cluster's life: no object of any poll lies in the bucket that is not a result. What a stalled
    /// worker published after its poll was checked is the sweeper's.
    void checkWhatIsLeft() throws IOException, InterruptedException {
        List<String> urls = cluster.db()
                .system(tx -> tx.createQuery("select url from result")
                        .mapTo(String.class)
                        .list());
        var known = new TreeSet<String>(urls);
        known.removeAll(forgotten);
        if (!cluster.store().withoutManifests().equals(known)) {
            lateObjectsSwept++;
            cluster.sweepLateObjects();
        }
        assertThat(cluster.store().withoutManifests()).isEqualTo(known);
        assertThat(cluster.signIns()).as("sign-ins").isEqualTo(1);
        var open = cluster.db()
                .system(tx -> tx.createQuery("select count(*) from task where date_completed is null")
                        .mapTo(int.class)
                        .one());
        assertThat(open.intValue()).as("tasks that are not over").isZero();
    }

    private static int tasks(Plan.Ask ask) {
        return ask == Plan.Ask.ALL ? 3 : 1;
    }

    /// The locator of each file's result, and the type of each feed's.
    private Map<String, String> expected(Plan.Ask ask) {
        var all = new TreeMap<String, String>();
        switch (ask) {
            case NOTES -> {
                all.put("data:crash.notes", Library.NOTES);
                files(all, cluster.library().files(Library.NOTES));
            }
            case ALL -> {
                all.put("data:crash.notes", Library.NOTES);
                all.put("data:crash.letters", Library.LETTERS);
                all.put("info:crash.info", Library.INFO);
                files(all, cluster.library().files(Library.NOTES));
                files(all, cluster.library().files(Library.LETTERS));
            }
            case FILES -> files(all, cluster.files().keySet());
        }
        return all;
    }

    private void files(Map<String, String> all, Set<String> locators) {
        locators.forEach(locator -> all.put("file:" + cluster.files().get(locator), locator));
    }

    private List<JsonNode> results(String poll) {
        var page = cluster.client().get("/polls/" + poll + "/results?limit=100").expect(200);
        var all = new ArrayList<JsonNode>();
        page.at("/data").forEach(all::add);
        assertThat(page.at("/total_count").asInt()).isEqualTo(all.size());
        return all;
    }

    /// Exactly the results' objects: looks for a while, since what a stalled worker published late it takes back.
    private void objects(String poll, List<JsonNode> results) throws IOException, InterruptedException {
        var wanted = new TreeSet<String>();
        results.forEach(result -> wanted.add(result.at("/url").asString()));
        for (int look = 0; look < LOOKS && !of(poll).equals(wanted); look++) {
            LockSupport.parkNanos(LOOK_AGAIN);
        }
        if (!of(poll).equals(wanted)) {
            lateObjectsSwept++;
            cluster.sweepLateObjects();
        }
        assertThat(of(poll)).as("objects of poll %s", poll).isEqualTo(wanted);
    }

    private Set<String> of(String poll) throws IOException {
        return cluster.store().withoutManifests().stream()
                .filter(url -> url.contains(poll))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private void content(String identifier, String what, JsonNode result, boolean changing) throws IOException {
        var url = result.at("/url").asString();
        var bytes = cluster.store().read(url);
        assertThat(Intake.md5Hex(new ByteArrayInputStream(bytes)))
                .as("MD5 of %s", identifier)
                .isEqualTo(result.at("/checksum").asString());
        assertThat(bytes.length).isEqualTo(result.at("/size").asInt());
        if (identifier.startsWith("file:")) {
            assertThat((char) bytes[0]).isEqualTo(what.charAt(0));
            if (!changing) {
                assertThat(bytes)
                        .isEqualTo(cluster.library().read(new ferry.connector.FileRef(Library.FILE_TYPE, what)));
            }
        } else {
            feed(what, JsonMapper.shared().readTree(bytes));
        }
        if (bytes.length == Library.LARGE) {
            cluster.store().forget(url);
            forgotten.add(url);
        }
    }

    private void feed(String type, JsonNode feed) {
        var ids = new ArrayList<String>();
        feed.at("/data").forEach(record -> ids.add(record.at("/id").asString()));
        var wanted = type.equals(Library.INFO)
                ? List.of("info")
                : cluster.library().items(type).stream().map(Library.Item::id).toList();
        assertThat(ids).isEqualTo(wanted);
        assertThat(feed.at("/metadata/complete").asBoolean()).isTrue();
        assertThat(feed.at("/metadata/count").asInt()).isEqualTo(wanted.size());
    }

    private void events(String poll, int tasks) {
        var told = cluster.db()
                .system(tx -> tx.createQuery("""
                                select e.subject, e.type || '.' || e.action as what from event e
                                 where e.subject = :poll
                                    or e.subject in (select id::text from task where poll = cast(:poll as uuid))
                                 order by e.id
                                """)
                        .bind("poll", poll)
                        .map((row, _, _) -> Map.entry(row.getString("subject"), row.getString("what")))
                        .list());
        var bySubject = new TreeMap<String, List<String>>();
        told.forEach(event -> bySubject
                .computeIfAbsent(event.getKey(), _ -> new ArrayList<>())
                .add(event.getValue()));
        assertThat(bySubject).as("subjects of %s", told).hasSize(tasks + 1);
        bySubject.forEach((subject, happened) -> assertThat(happened)
                .as("events of %s", subject)
                .isEqualTo(
                        subject.equals(poll)
                                ? List.of("poll.created", "poll.completed")
                                : List.of("task.created", "task.succeeded")));
        assertThat(told.getLast().getValue()).as("the last of %s", told).isEqualTo("poll.completed");
    }
}
