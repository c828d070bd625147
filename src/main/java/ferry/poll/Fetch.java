package ferry.poll;

import ferry.access.OrgId;
import ferry.access.Vault;
import ferry.connector.Connector;
import ferry.connector.ConnectorException;
import ferry.connector.Limits;
import ferry.connector.Reading;
import ferry.db.Database;
import ferry.error.ErrorCode;
import ferry.event.Events;
import ferry.form.Form;
import ferry.result.Results;
import ferry.session.SessionAccess;
import ferry.session.SessionExpiry;
import ferry.session.SessionState;
import ferry.session.Sessions;
import ferry.session.SignInBudget;
import ferry.source.Connectors;
import ferry.source.FileIds;
import ferry.source.Source;
import ferry.source.Sources;
import ferry.storage.ObjectKey;
import ferry.storage.PublishException;
import ferry.storage.Publishers;
import ferry.storage.StorageConfig;
import ferry.storage.StorageConfigState;
import ferry.storage.StorageConfigs;
import ferry.task.Attempt;
import ferry.task.Outcome;
import ferry.task.Task;
import ferry.task.TaskHandler;
import ferry.task.TaskPages;
import ferry.webhook.WebhookConfigs;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiFunction;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Fetches what one task of a poll asks for and publishes it. A feed is listed anew from the start by each
/// attempt; files that have become results are not fetched again.
public final class Fetch implements TaskHandler {
    /// The type of a task that fetches one data type.
    public static final String DATA = "data";
    /// The type of a task that fetches one info type.
    public static final String INFO = "info";
    /// The type of a task that fetches all the files a poll names.
    public static final String FILES = "files";

    private static final Logger log = LoggerFactory.getLogger(Fetch.class);
    private static final Duration STORAGE_PAUSE = Duration.ofSeconds(30);

    private final Database db;
    private final Polls polls;
    private final PollErrors errors;
    private final Deliveries deliveries;
    private final Cursors cursors;
    private final PollPages pages;
    private final TaskPages taskPages;
    private final Sessions sessions;
    private final SessionExpiry expiry;
    private final SignInBudget budget;
    private final Sources sources;
    private final Connectors connectors;
    private final FileIds fileIds;
    private final Vault vault;
    private final StorageConfigs configs;
    private final Publishers publishers;
    private final Results results;
    private final BiFunction<String, String, Limits> limits;
    private final Events events;
    private final WebhookConfigs webhooks;
    private final Duration overlap;
    private final InstantSource clock;

    /// @param limits of an account, by source type and identifier
    /// @param overlap how much of what it has read before a subscription's poll lists again
    public Fetch(
            Database db,
            Polls polls,
            PollErrors errors,
            Deliveries deliveries,
            Cursors cursors,
            PollPages pages,
            TaskPages taskPages,
            Sessions sessions,
            SessionExpiry expiry,
            SignInBudget budget,
            Sources sources,
            Connectors connectors,
            FileIds fileIds,
            Vault vault,
            StorageConfigs configs,
            Publishers publishers,
            Results results,
            BiFunction<String, String, Limits> limits,
            Events events,
            WebhookConfigs webhooks,
            Duration overlap,
            InstantSource clock) {
        this.db = db;
        this.polls = polls;
        this.errors = errors;
        this.deliveries = deliveries;
        this.cursors = cursors;
        this.pages = pages;
        this.taskPages = taskPages;
        this.sessions = sessions;
        this.expiry = expiry;
        this.budget = budget;
        this.sources = sources;
        this.connectors = connectors;
        this.fileIds = fileIds;
        this.vault = vault;
        this.configs = configs;
        this.publishers = publishers;
        this.results = results;
        this.limits = limits;
        this.events = events;
        this.webhooks = webhooks;
        this.overlap = overlap;
        this.clock = clock;
    }

    /// A poll may have as many results as a library has photos: their events are written only where somebody
    /// has asked for them.
    private Publication.Told told(Poll poll) {
        var organisation = poll.organisation();
        if (!db.tenant(organisation, tx -> webhooks.anyWants(tx, organisation, "result.created"))) {
            return (_, _) -> {};
        }
        return (tx, identifier) -> results.find(tx, organisation, poll.id(), identifier)
                .ifPresent(result -> events.emit(
                        tx,
                        organisation,
                        poll.key(),
                        "result",
                        "created",
                        result.id().toString(),
                        pages.result(tx, organisation, result)));
    }

    /// What the task needs to know.
    ///
    /// @param alone whether no other task of the poll is under way, or will be
    private record Job(Poll poll, Source source, StorageConfig config, SessionState session, boolean alone) {}

    @Override
    public Outcome run(Attempt attempt) throws InterruptedException {
        var task = attempt.task();
        var job = db.tenant(task.organisation(), tx -> job(tx, task));
        if (!(job.session() instanceof SessionState.Active)) {
            return new Outcome.Failed(ErrorCode.SESSION_EXPIRED, ErrorCode.SESSION_EXPIRED.sentence());
        }
        if (job.config().state() == StorageConfigState.DEACTIVATED) {
            return new Outcome.Failed(ErrorCode.STORAGE_FAILED, "The storage config was deactivated.");
        }
        try (var publisher = publishers.open(task.organisation(), job.config());
                var publication = new Publication(
                        db,
                        attempt,
                        job.poll(),
                        job.source(),
                        job.config(),
                        publisher,
                        results,
                        errors,
                        fileIds,
                        job.alone(),
                        told(job.poll()))) {
            publication.forgetEarlierProblems();
            fetch(publication);
            publication.flush();
            return new Outcome.Succeeded();
        } catch (SinkFailed e) {
            return outcome(e.why());
        } catch (PublishException e) {
            return outcome(e);
        } catch (SessionAccess.Ended _) {
            return new Outcome.Failed(ErrorCode.SESSION_EXPIRED, ErrorCode.SESSION_EXPIRED.sentence());
        } catch (ConnectorException e) {
            if (e instanceof ConnectorException.Refused refused && refused.code() == ErrorCode.SOURCE_LOCKED) {
                budget.locked(job.source().type(), job.source().identifier());
            }
            return outcome(task, e);
        }
    }

    @Override
    public void settled(Handle tx, Task task, Outcome.Final outcome) {
        var organisation = task.organisation();
        var poll = Objects.requireNonNull(task.poll(), "a fetch has a poll");
        switch (outcome) {
            case Outcome.Succeeded _ -> emit(tx, task, "succeeded");
            case Outcome.Failed(var why, var detail) -> {
                errors.add(
                        tx,
                        organisation,
                        poll,
                        task.id(),
                        List.of(new PollErrors.Problem(why, detail, Optional.ofNullable(task.target()))));
                if (why == ErrorCode.SOURCE_LOCKED) {
                    sources.locked(
                            tx,
                            organisation,
                            polls.find(tx, organisation, poll).orElseThrow().source());
                }
                // Whoever reads a locked account makes it worse: its owner signs in again once it is unlocked (R7).
                if (why == ErrorCode.SESSION_EXPIRED || why == ErrorCode.SOURCE_LOCKED) {
                    expiry.lost(tx, organisation, Objects.requireNonNull(task.session(), "a fetch has a session"));
                }
                emit(tx, task, "failed");
            }
        }
        if (polls.completeIfDone(tx, organisation, poll)) {
            var shown = pages.shown(
                    tx, organisation, polls.find(tx, organisation, poll).orElseThrow());
            events.emit(tx, organisation, task.key(), "poll", "completed", poll.toString(), shown);
        }
    }

    private void fetch(Publication publication) throws ConnectorException, PublishException, InterruptedException {
        var task = publication.attempt().task();
        var source = publication.source();
        var connector = connectors.of(source);
        var reading = new Reading(
                source.identifier(),
                new SessionAccess(
                        db,
                        sessions,
                        vault,
                        task.organisation(),
                        publication.asked().session()),
                limits.apply(source.type(), source.identifier()));
        switch (task.type()) {
            case DATA, INFO -> feed(connector, reading, publication);
            case FILES -> files(connector, reading, publication);
            default -> throw new IllegalStateException("no such fetch: " + task.type());
        }
    }

    private void feed(Connector connector, Reading reading, Publication publication)
            throws ConnectorException, PublishException, InterruptedException {
        var task = publication.attempt().task();
        var type = Objects.requireNonNull(task.target(), "a feed has a type");
        var identifier = task.type() + ":" + type;
        var kind = task.type().equals(INFO) ? ObjectKey.Kind.INFO : ObjectKey.Kind.DATA;
        if (publication.has(identifier)) {
            // An earlier attempt published it and died before it could settle.
            deleteLosers(publication, kind, type);
            return;
        }
        var delivered = delivered(publication, kind, type);
        var named = publication.asked().payload().cursor(type);
        var start = delivered.isPresent()
                ? delivered.get().start()
                : named.flatMap(cursor -> start(publication, type, cursor));
        boolean goesOn =
                named.isPresent() || delivered.filter(Delivered::hasCursor).isPresent();
        var canonical = connector.catalogue().aliases().getOrDefault(type, type);
        var forms = kind == ObjectKey.Kind.INFO
                ? Set.<Form>of()
                : Form.offered(canonical, publication.asked().payload().forms());
        try (var feed = PublishedFeed.open(publication, kind, identifier, type, forms, delivered, start)) {
            if (goesOn && start.isEmpty()) {
                feed.startOver();
            }
            if (kind == ObjectKey.Kind.INFO) {
                connector.info(reading, canonical, feed);
            } else {
                connector.data(reading, canonical, feed.window(), feed);
            }
            feed.finish(cursors, (tx, progress) -> keep(tx, publication, type, delivered, progress));
        }
        deleteLosers(publication, kind, type);
    }

    /// What a poll that was due has to leave out: what its subscription has delivered. Information is a picture
    /// of the moment and comes whole each time, and so does what a client asks for.
    private Optional<Delivered> delivered(Publication publication, ObjectKey.Kind kind, String type) {
        if (kind == ObjectKey.Kind.INFO || !(publication.asked().origin() instanceof Origin.Due(var subscription))) {
            return Optional.empty();
        }
        var payload = publication.asked().payload();
        var asked = Delivered.asked(type, payload);
        var before = db.tenant(
                publication.organisation(), tx -> deliveries.find(tx, publication.organisation(), subscription, asked));
        var start = before.cursor().flatMap(cursor -> start(publication, type, cursor));
        return Optional.of(new Delivered(subscription, asked, payload, before, start, clock.instant()));
    }

    /// From where a reading goes on; empty where the cursor has been forgotten meanwhile.
    private Optional<Cursors.Start> start(Publication publication, String type, UUID cursor) {
        var organisation = publication.organisation();
        return db.tenant(
                organisation,
                tx -> cursors.find(tx, organisation, publication.source().id(), type, cursor));
    }

    private void keep(
            Handle tx,
            Publication publication,
            String type,
            Optional<Delivered> delivered,
            PublishedFeed.Progress progress) {
        var organisation = publication.organisation();
        long source = publication.source().id();
        progress.made().ifPresent(made -> cursors.add(tx, organisation, source, type, made));
        delivered.ifPresent(listed -> deliveries.keep(
                tx,
                organisation,
                listed.subscription(),
                listed.asked(),
                listed.after(progress.whole(), overlap, progress.cursor())));
        if (progress.made().isPresent()) {
            // What a subscription has gone on from, nobody else was to: it takes no place of a client's.
            delivered.flatMap(Delivered::start).ifPresent(former -> cursors.forget(tx, organisation, former.id()));
            cursors.forgetOld(tx, organisation, source, type);
        }
    }

    private void files(Connector connector, Reading reading, Publication publication)
            throws ConnectorException, InterruptedException {
        var ids = new ArrayList<String>();
        publication.attempt().args().orElseThrow().get("files").forEach(id -> ids.add(id.asString()));
        publication.expect(ids.size());
        connector.files(
                reading,
                PollRequest.refs(fileIds, publication.source(), ids),
                new PublishedFiles(publication, true, Optional.empty(), Optional.empty()));
        publication.settle();
    }

    /// Deletes the feeds that earlier attempts may have left. A late one of a stalled worker deletes itself
    /// when it finds that it lost its task.
    private void deleteLosers(Publication publication, ObjectKey.Kind kind, String type)
            throws PublishException, InterruptedException {
        var winner = db.tenant(
                        publication.organisation(),
                        tx -> results.find(
                                tx,
                                publication.organisation(),
                                publication.poll(),
                                publication.attempt().task().type() + ":" + type))
                .orElseThrow();
        for (int number = 1; number <= publication.attempt().number(); number++) {
            var key = PublishedFeed.key(publication, kind, type, number);
            if (!key.toString().equals(winner.objectKey())) {
                delete(publication, key);
            }
        }
    }

    /// What may not be deleted stays: the poll's result is there, and its organisation decided so.
    private static void delete(Publication publication, ObjectKey key) throws PublishException, InterruptedException {
        try {
            publication.publisher().delete(key);
        } catch (PublishException.Refused e) {
            log.info("task {}: {}", publication.attempt().task().id(), e.getMessage());
        }
    }

    private static Outcome outcome(PublishException e) {
        return switch (e) {
            case PublishException.Refused refused -> new Outcome.Failed(refused.code(), detail(refused));
            case PublishException.Unavailable away -> new Outcome.Again(STORAGE_PAUSE, away.code(), detail(away));
        };
    }

    private static Outcome outcome(Task task, ConnectorException e) {
        return switch (e) {
            case ConnectorException.Refused refused -> new Outcome.Failed(refused.code(), detail(refused));
            case ConnectorException.SessionLost lost -> {
                log.info("task {}: the source ended session {}: {}", task.id(), task.session(), lost.getMessage());
                yield new Outcome.Failed(ErrorCode.SESSION_EXPIRED, ErrorCode.SESSION_EXPIRED.sentence());
            }
            case ConnectorException.Unavailable busy -> new Outcome.Again(busy.retryAfter(), busy.code(), detail(busy));
        };
    }

    private static String detail(Exception e) {
        return Objects.requireNonNullElse(e.getMessage(), "");
    }

    private void emit(Handle tx, Task task, String action) {
        events.emit(
                tx,
                task.organisation(),
                task.key(),
                "task",
                action,
                task.id().toString(),
                taskPages.shown(tx, task.organisation(), task));
    }

    private Job job(Handle tx, Task task) {
        OrgId organisation = task.organisation();
        UUID id = Objects.requireNonNull(task.poll(), "a fetch has a poll");
        var poll = polls.find(tx, organisation, id).orElseThrow();
        return new Job(
                poll,
                sources.find(tx, organisation, poll.source()).orElseThrow(),
                configs.find(tx, organisation, poll.storageConfig().orElseThrow())
                        .orElseThrow(),
                sessions.find(tx, organisation, poll.session()).orElseThrow().state(),
                polls.isAlone(tx, organisation, id, task.id()));
    }
}
