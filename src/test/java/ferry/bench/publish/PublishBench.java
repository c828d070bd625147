package ferry.bench.publish;

import static org.assertj.core.api.Assertions.assertThat;

import ferry.testing.Client;
import ferry.testing.Eventually;
import ferry.testing.TestS3;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/// Run by `bench/publish`; prints its figures.
@EnabledIfSystemProperty(named = "ferry.slow", matches = "true")
class PublishBench {
    private static final int PARALLEL = Integer.getInteger("ferry.parallel", 8);
    private static final int ROUNDS = Integer.getInteger("ferry.rounds", 3);
    /// Milliseconds that source and store take to answer, as if they were that far away.
    private static final int FAR = Integer.getInteger("ferry.far", 0);
    private static final Load SMALL = new Load(20_000, 64 * 1024);
    private static final Load LARGE = new Load(48, 64 * 1024 * 1024);

    @TempDir
    private Path folder;

    /// Everything that takes part.
    private record Stage(
            Worker shelf, Worker bucket, Worker loop, Worker ferry, Client client, String shelfUrl, String s3)
            implements AutoCloseable {
        @Override
        public void close() {
            ferry.close();
            loop.close();
            bucket.close();
            shelf.close();
        }
    }

    /// @param objects the folder where they lie, or none for memory
    private Stage stage(String... objects) throws IOException {
        var far = Integer.toString(FAR);
        var shelf = Worker.start(Shelf.class, "512m", far);
        var bucket = Worker.start(
                Bucket.class,
                "10g",
                Stream.concat(Stream.of(far), Stream.of(objects)).toArray(String[]::new));
        var shelfUrl = shelf.ask("url");
        var s3 = bucket.ask("url");
        var loop = Worker.start(PutLoop.class, "2g", s3);
        var ferry = Worker.start(
                Publishing.class, "256m", folder.resolve("data").toString(), shelfUrl, Integer.toString(PARALLEL));
        var there = ferry.ask("url").split(" ", -1);
        return new Stage(shelf, bucket, loop, ferry, new Client(there[0], there[1]), shelfUrl, s3);
    }

    /// How one of them did in a round.
    ///
    /// @param busy processor seconds by process
    private record Run(double seconds, Map<String, Double> busy) {}

    @Test
    void smallObjectsBesideRcloneAndABareLoop() throws Exception {
        beside(new Load(FAR == 0 ? 60_000 : 10_000, SMALL.size()), SMALL, "bare puts", 0.6, 1.5);
    }

    @Test
    void largeObjectsBesideRcloneAndABareLoop() throws Exception {
        beside(new Load(32, LARGE.size()), LARGE, "bare parts", 0.8, 0);
    }

    /// @param warmUp what each JVM does before it is measured: a service has run for longer than its compiler takes
    private void beside(Load warmUp, Load load, String bare, double ofBare, double ofRclone) throws Exception {
        try (var stage = stage()) {
            var machine = Runtime.getRuntime().availableProcessors();
            System.out.printf(
                    Locale.ROOT,
                    "publish: %d processors, %d at once, source and store %d ms away, best of %d rounds%n",
                    machine,
                    PARALLEL,
                    FAR,
                    ROUNDS);
            compare(stage, warmUp, 1, false);
            print(load, compare(stage, load, ROUNDS, hasRclone()), bare, ofBare, "rclone copy", ofRclone);
            System.out.printf(
                    Locale.ROOT,
                    "  Ferry's peak resident memory %d MB, -Xmx256m%n",
                    stage.ferry().peakMegabytes());
        }
    }

    @Test
    void allOfFiveGigabytesInOneObjectAndAHundredThousandSmallOnes() throws Exception {
        try (var stage = stage(folder.resolve("objects").toString())) {
            for (var load : List.of(new Load(1, 5_000_000_000L), new Load(100_000, 10_000))) {
                var expected = load.contents();
                var bucket = "bucket-" + number++;
                stage.bucket().ask("create " + bucket);
                double seconds = ferry(stage, session(stage, load), bucket);
                var found = Load.Contents.of(stage.bucket().ask("files " + bucket));
                assertThat(found).isEqualTo(expected);
                // the files, the feed that lists them, the manifest and its signature, and nothing else
                var all = Integer.toString(load.objects() + 3);
                assertThat(Eventually.get(() -> stage.bucket().ask("count " + bucket), all::equals))
                        .isEqualTo(all);
                System.out.printf(
                        Locale.ROOT,
                        "%,d objects of %,d bytes in %.0f s: %,.0f objects/s, %,.1f MiB/s; counted and compared in the"
                                + " bucket, %d unfinished uploads; -Xmx256m, peak resident %d MB%n",
                        load.objects(),
                        load.size(),
                        seconds,
                        load.objects() / seconds,
                        load.bytes() / seconds / (1024 * 1024),
                        found.unfinished(),
                        stage.ferry().peakMegabytes());
                stage.bucket().ask("drop " + bucket);
            }
        }
    }

    private static String session(Stage stage, Load load) {
        return stage.client()
                .session(
                        stage.client().user("user of " + load.name()),
                        ShelfSource.TYPE,
                        load.name(),
                        "'password': 'password'")
                .at("/id")
                .asString();
    }

    /// Each in its turn, so many rounds, each into a bucket of its own; the best round of each counts.
    private Map<String, Run> compare(Stage stage, Load load, int rounds, boolean rclone) throws Exception {
        var best = new LinkedHashMap<String, Run>();
        var expected = load.contents();
        var session = session(stage, load);
        boolean inParts = load.size() > 8 * 1024 * 1024;
        for (int round = 0; round < rounds; round++) {
            keep(
                    best,
                    "bare puts",
                    measured(
                            stage,
                            expected,
                            bucket -> loop(stage, "whole " + bucket + " " + load.name() + " " + PARALLEL)));
            if (inParts) {
                keep(
                        best,
                        "bare parts",
                        measured(
                                stage,
                                expected,
                                bucket -> loop(stage, "parts " + bucket + " " + load.name() + " " + PARALLEL)));
            }
            if (rclone) {
                keep(best, "rclone copy", measured(stage, expected, bucket -> rclone(stage, load, bucket)));
                keep(
                        best,
                        "rclone, tuned",
                        measured(
                                stage,
                                expected,
                                bucket -> rclone(
                                        stage, load, bucket, "--s3-no-head", "--no-check-dest", "--ignore-checksum")));
            }
            keep(best, "Ferry", measured(stage, expected, bucket -> ferry(stage, session, bucket)));
        }
        return best;
    }

    private static void keep(Map<String, Run> best, String who, Run run) {
        best.merge(who, run, (a, b) -> a.seconds() <= b.seconds() ? a : b);
    }

    private interface Work {
        /// Seconds that it took.
        double into(String bucket) throws Exception;
    }

    private int number;

    /// Runs it into a new bucket and looks whether everything is there, and nothing else.
    private Run measured(Stage stage, Load.Contents expected, Work work) throws Exception {
        var bucket = "bucket-" + number++;
        stage.bucket().ask("create " + bucket);
        var ours = List.of(stage.ferry(), stage.shelf(), stage.bucket(), stage.loop());
        var before = ours.stream().map(Worker::cpu).toList();
        var database = stage.ferry().cpuOfChildren();
        double idle = idle();
        double seconds = work.into(bucket);
        var busy = new LinkedHashMap<String, Double>();
        var names = List.of("Ferry", "source", "store", "loop");
        for (int i = 0; i < ours.size(); i++) {
            busy.put(names.get(i), seconds(ours.get(i).cpu().minus(before.get(i))));
        }
        busy.put("PostgreSQL", seconds(stage.ferry().cpuOfChildren().minus(database)));
        busy.put("nobody", idle() - idle);
        var found = Load.Contents.of(stage.bucket().ask("files " + bucket));
        var all = Load.Contents.of(stage.bucket().ask("all " + bucket));
        assertThat(found.objects() == 0 ? all : found).isEqualTo(expected);
        stage.bucket().ask("drop " + bucket);
        return new Run(seconds, busy);
    }

    /// Processor seconds that nobody used since the machine's start: none left means that processors are the limit.
    private static double idle() throws IOException {
        var all = Files.readAllLines(Path.of("/proc/stat")).getFirst().split(" +", -1);
        return (Long.parseLong(all[4]) + Long.parseLong(all[5])) / 100.0;
    }

    private static double seconds(Duration duration) {
        return duration.toMillis() / 1e3;
    }

    private static double loop(Stage stage, String order) {
        return Long.parseLong(stage.loop().ask(order)) / 1e9;
    }

    private String configured = "";

    private double ferry(Stage stage, String session, String bucket) {
        // an organisation publishes to its default config, which is the first one
        var made = stage.client()
                .post("/configs/storage" + (configured.isEmpty() ? "" : "/" + configured), """
                {'url': 's3://%s/results', 'endpoint': '%s',
                 'credentials': {'access_key_id': '%s', 'secret_access_key': '%s'}}
                """.formatted(
                                bucket,
                                stage.s3(),
                                TestS3.KEYS.id(),
                                TestS3.KEYS.secret().reveal()))
                .expect(configured.isEmpty() ? 201 : 200);
        configured = made.at("/id").asString();
        var tested = stage.client()
                .settled(
                        "/configs/storage/" + configured,
                        c -> !c.at("/state").asString().equals("new"));
        assertThat(tested.at("/state").asString()).as("%s", tested).isEqualTo("valid");
        var poll = stage.client()
                .post("/polls", """
                        {'session': '%s',
                         'payload': {'data_types': ['shelf.books'], 'file_types': ['shelf.book']}}
                        """.formatted(session))
                .expect(201)
                .at("/id")
                .asString();
        while (!stage.client().get("/polls/" + poll).text("/state").equals("completed")) {
            LockSupport.parkNanos(500_000_000);
        }
        var done = stage.client().get("/polls/" + poll).expect(200);
        assertThat(done.at("/tasks_failed")).as("%s", done).isEmpty();
        assertThat(done.at("/errors/total_count").asInt()).as("%s", done).isZero();
        // whoever asks all the time takes from what it measures
        return seconds(Duration.between(
                Instant.parse(done.at("/date_created").asString()),
                Instant.parse(done.at("/date_completed").asString())));
    }

    private static boolean hasRclone() {
        try {
            new ProcessBuilder("rclone", "version").start().getInputStream().readAllBytes();
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    private static double rclone(Stage stage, Load load, String bucket, String... more) throws Exception {
        var command = new ArrayList<>(List.of(
                "rclone",
                "copy",
                ":http:",
                ":s3:" + bucket,
                "--config=/dev/null",
                "--http-url=" + stage.shelfUrl() + "/" + load.name() + "/",
                "--s3-provider=Other",
                "--s3-endpoint=" + stage.s3(),
                "--s3-access-key-id=" + TestS3.KEYS.id(),
                "--s3-secret-access-key=" + TestS3.KEYS.secret().reveal(),
                "--s3-no-check-bucket",
                "--s3-upload-cutoff=8M",
                "--s3-chunk-size=8M",
                "--transfers=" + PARALLEL,
                "--checkers=" + PARALLEL));
        command.addAll(List.of(more));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        // nothing of this machine's own set-up plays a part
        builder.environment().keySet().removeIf(name -> !name.equals("PATH") && !name.equals("HOME"));
        long start = System.nanoTime();
        var process = builder.start();
        var said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return (System.nanoTime() - start) / 1e9;
    }

    private static void print(
            Load load, Map<String, Run> runs, String bare, double ofBare, String rclone, double ofRclone) {
        boolean large = load.size() > 8 * 1024 * 1024;
        System.out.printf(Locale.ROOT, "%,d objects of %,d bytes%n", load.objects(), load.size());
        var ferry = Optional.ofNullable(runs.get("Ferry")).orElseThrow().seconds();
        runs.forEach((who, run) -> System.out.printf(
                Locale.ROOT,
                "  %-14s %7.1f s  %,8.1f %s  Ferry is %.2f x   busy: %s%n",
                who,
                run.seconds(),
                large ? load.bytes() / run.seconds() / (1024 * 1024) : load.objects() / run.seconds(),
                large ? "MiB/s" : "objects/s",
                run.seconds() / ferry,
                busy(run)));
        verdict(bare, runs, ferry, ofBare);
        if (ofRclone > 0 && runs.containsKey(rclone)) {
            verdict(rclone, runs, ferry, ofRclone);
        }
    }

    private static void verdict(String who, Map<String, Run> runs, double ferry, double target) {
        double ratio = Optional.ofNullable(runs.get(who)).orElseThrow().seconds() / ferry;
        System.out.printf(
                Locale.ROOT, "  %.2f x %s, target %.1f: %s%n", ratio, who, target, ratio >= target ? "met" : "missed");
    }

    /// How many processors each process had while it ran, and how many nobody had.
    private static String busy(Run run) {
        var all = new StringBuilder();
        run.busy().forEach((who, seconds) -> {
            if (seconds / run.seconds() >= 0.02) {
                all.append(String.format(Locale.ROOT, "%s %.2f ", who, seconds / run.seconds()));
            }
        });
        return all.toString();
    }
}
