package ferry.poll;

import ferry.db.Database;
import ferry.error.ErrorCode;
import ferry.manifest.ManifestKey;
import ferry.manifest.ManifestKeys;
import ferry.manifest.ManifestWriter;
import ferry.manifest.Manifests;
import ferry.manifest.Signed;
import ferry.result.Result;
import ferry.result.Results;
import ferry.source.Sources;
import ferry.storage.About;
import ferry.storage.Content;
import ferry.storage.Intake;
import ferry.storage.Labels;
import ferry.storage.ObjectKey;
import ferry.storage.PublishException;
import ferry.storage.Publisher;
import ferry.storage.Publishers;
import ferry.storage.StorageConfig;
import ferry.storage.StorageConfigState;
import ferry.storage.StorageConfigs;
import ferry.task.Tasks;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/// Writes the manifests of polls that are complete into their buckets, outside any transaction, as often as it takes.
/// Every node may run it at once. Everything in a manifest comes from rows that do not change any more, so that each
/// attempt writes the same bytes.
public final class PollManifests {
    private static final Logger log = LoggerFactory.getLogger(PollManifests.class);
    /// Of all organisations; what each may have of them is `Manifests`' matter.
    private static final int AT_ONCE = 32;
    private static final int PAGE = 1000;

    /// How often it says that those under way are alive.
    private static final Duration RENEWAL = Manifests.LEASE.dividedBy(4);

    /// How long it waits, while some are under way, before it looks for more.
    private static final Duration LOOK = Duration.ofMillis(500);

    /// With another place every attempt would write other bytes, and one that died would leave its own behind.
    private static final String MOVED =
            "The storage config was pointed elsewhere after the manifest had been begun at its former place.";

    private final Database db;
    private final Manifests manifests;
    private final ManifestKeys keys;
    private final Polls polls;
    private final PollErrors errors;
    private final Tasks tasks;
    private final Results results;
    private final Sources sources;
    private final StorageConfigs configs;
    private final Publishers publishers;
    private final InstantSource clock;

    public PollManifests(
            Database db,
            Manifests manifests,
            ManifestKeys keys,
            Polls polls,
            PollErrors errors,
            Tasks tasks,
            Results results,
            Sources sources,
            StorageConfigs configs,
            Publishers publishers,
            InstantSource clock) {
        this.db = db;
        this.manifests = manifests;
        this.keys = keys;
        this.polls = polls;
        this.errors = errors;
        this.tasks = tasks;
        this.results = results;
        this.sources = sources;
        this.configs = configs;
        this.publishers = publishers;
        this.clock = clock;
    }

    /// Writes what is due, some at once, until nothing is. One that fails or hangs holds up no other: as soon as one is
    /// done the next begins. Once interrupted it stops; what it had begun is taken up again when its lease is over.
    public void runDue() throws InterruptedException {
        var underWay = ConcurrentHashMap.<Manifests.Due>newKeySet();
        var ended = new Semaphore(0);
        var renewed = clock.instant();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            do {
                ended.drainPermits();
                if (renewed.plus(RENEWAL).isBefore(clock.instant())) {
                    renewed = clock.instant();
                    underWay.forEach(due -> db.systemDo(tx -> manifests.renew(tx, due)));
                }
                while (underWay.size() < AT_ONCE) {
                    var due = db.system(manifests::take);
                    if (due.isEmpty()) {
                        break;
                    }
                    underWay.add(due.get());
                    threads.execute(() -> {
                        try {
                            write(due.get());
                        } finally {
                            underWay.remove(due.get());
                            ended.release();
                        }
                    });
                }
                var _ = !underWay.isEmpty() && ended.tryAcquire(LOOK.toMillis(), TimeUnit.MILLISECONDS);
            } while (!underWay.isEmpty());
        }
    }

    /// What a manifest is made of, but for the objects and errors themselves.
    private record Job(Poll poll, StorageConfig config, ManifestKey key, ObjectNode head) {}

    private void write(Manifests.Due due) {
        try {
            var job = db.tenant(due.organisation(), tx -> job(tx, due));
            if (job.isPresent()) {
                write(due, job.get());
            }
        } catch (PublishException e) {
            log.info("the manifest of poll {}: {}", due.poll(), e.getMessage());
            failed(due, e.code(), Objects.requireNonNullElse(e.getMessage(), ""), false);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            log.warn("the manifest of poll {} could not be written; it is tried again", due.poll(), e);
            broken(due);
        }
    }

    private void broken(Manifests.Due due) {
        try {
            failed(due, ErrorCode.INTERNAL, "The manifest could not be put together.", false);
        } catch (RuntimeException e) {
            log.warn("nor could that be noted of the manifest of poll {}; its lease runs out", due.poll(), e);
        }
    }

    private void write(Manifests.Due due, Job job) throws PublishException, InterruptedException {
        var organisation = due.organisation();
        if (job.config().state() == StorageConfigState.DEACTIVATED) {
            failed(due, ErrorCode.STORAGE_FAILED, "The storage config was deactivated.", true);
            return;
        }
        var key = job.config().manifestKey(due.poll());
        try (var publisher = publishers.open(organisation, job.config())) {
            var here = new Manifests.Place(
                    publisher.url(key).toString(),
                    publisher.url(key.signature()).toString());
            var place = db.tenant(organisation, tx -> manifests.place(tx, organisation, due.poll(), here));
            if (place.isPresent() && !place.get().equals(here)) {
                failed(due, ErrorCode.STORAGE_FAILED, MOVED, true);
            } else if (place.isPresent()) {
                write(due, job, publisher, key);
            }
        }
    }

    private void write(Manifests.Due due, Job job, Publisher publisher, ObjectKey key)
            throws PublishException, InterruptedException {
        var organisation = due.organisation();
        var content = publish(publisher, key, job);
        sign(publisher, key, job, content);
        var written = new Manifests.Written(content.length(), content.sha256Hex());
        if (!db.tenant(organisation, tx -> manifests.written(tx, organisation, due.poll(), written))) {
            publisher.delete(key);
            publisher.delete(key.signature());
        }
    }

    private void failed(Manifests.Due due, ErrorCode why, String message, boolean hopeless) {
        db.tenantDo(due.organisation(), tx -> manifests.failed(tx, due, why, message, hopeless));
    }

    /// Streams it, a page of rows at a time.
    private Content publish(Publisher publisher, ObjectKey key, Job job) throws PublishException, InterruptedException {
        var poll = job.poll();
        var organisation = poll.organisation();
        var shown = new ManifestObjects(key, publisher.url(key).toString());
        try (var writer = new ManifestWriter(Intake.open(publisher, key, about(job, "application/json")))) {
            writer.head(job.head());
            var objects = new Pages<>(
                    (after, limit) ->
                            db.tenant(organisation, tx -> results.next(tx, organisation, poll.id(), after, limit)),
                    Result::id);
            for (var page = objects.next(); !page.isEmpty(); page = objects.next()) {
                for (var result : page) {
                    writer.object(shown.of(result));
                }
            }
            var problems = new Pages<>(
                    (after, limit) ->
                            db.tenant(organisation, tx -> errors.next(tx, organisation, poll.id(), after, limit)),
                    PollErrorJson::id);
            for (var page = problems.next(); !page.isEmpty(); page = problems.next()) {
                for (var problem : page) {
                    writer.error(ManifestObjects.of(problem));
                }
            }
            return writer.finish();
        }
    }

    private void sign(Publisher publisher, ObjectKey key, Job job, Content content)
            throws PublishException, InterruptedException {
        var signature = keys.sign(job.poll().organisation(), job.key(), Signed.line(content.sha256Hex()));
        try (var intake = Intake.open(publisher, key.signature(), about(job, "application/octet-stream"))) {
            intake.write(signature, 0, signature.length);
            intake.commit();
        }
    }

    private static About about(Job job, String mediaType) {
        var poll = job.poll();
        var type = job.head().at("/source/type").asString();
        return About.of(
                mediaType,
                Labels.of(poll.id(), type, "manifest", poll.dateCreated()).all());
    }

    /// Rows that are read a page at a time, each in a transaction of its own.
    private static final class Pages<T> {
        private final Read<T> read;
        private final Function<T, UUID> id;
        private Optional<UUID> last = Optional.empty();
        private boolean over;

        Pages(Read<T> read, Function<T, UUID> id) {
            this.read = read;
            this.id = id;
        }

        interface Read<T> {
            List<T> page(Optional<UUID> after, int limit);
        }

        List<T> next() {
            if (over) {
                return List.of();
            }
            var page = read.page(last, PAGE);
            over = page.size() < PAGE;
            if (!page.isEmpty()) {
                last = Optional.of(id.apply(page.getLast()));
            }
            return page;
        }
    }

    /// Empty where it is not to be written any more.
    private Optional<Job> job(Handle tx, Manifests.Due due) {
        var organisation = due.organisation();
        var key = manifests
                .key(
                        tx,
                        organisation,
                        due.poll(),
                        keys.current(tx, organisation).id())
                .flatMap(id -> keys.find(tx, organisation, id));
        if (key.isEmpty()) {
            return Optional.empty();
        }
        var poll = polls.find(tx, organisation, due.poll()).orElseThrow();
        var config = configs.find(tx, organisation, poll.storageConfig().orElseThrow())
                .orElseThrow();
        var source = sources.find(tx, organisation, poll.source()).orElseThrow();
        var sum = results.sum(tx, organisation, poll.id());
        var refused = errors.counts(tx, organisation, poll.id());
        var head = ManifestObjects.head(poll, source.type(), config.manifestKey(poll.id()), key.get(), sum, refused);
        ManifestObjects.tasks(
                head, tasks.ofPoll(tx, organisation, poll.id()), results.counts(tx, organisation, poll.id()), refused);
        return Optional.of(new Job(poll, config, key.get(), head));
    }
}
