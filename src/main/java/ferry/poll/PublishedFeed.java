package ferry.poll;

import ferry.connector.Feed;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Window;
import ferry.error.ErrorCode;
import ferry.form.Form;
import ferry.result.Result;
import ferry.result.Results;
import ferry.storage.FeedMetadata;
import ferry.storage.FeedWriter;
import ferry.storage.ObjectKey;
import ferry.storage.PublishException;
import ferry.task.LeaseLost;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// Publishes one feed, streamed while the connector lists. Its key carries the attempt: a stalled worker's late
/// upload never overwrites the winner's.
final class PublishedFeed implements Feed, AutoCloseable {
    private static final String JSON = "application/json";

    private final Publication publication;
    private final String identifier;
    private final String type;
    private final ObjectKey key;
    private final FeedWriter writer;
    private final PublishedForms forms;
    private final RawRecords raw;
    private final Files files;
    private final Optional<Delivered> delivered;
    private final Optional<Cursors.Start> start;
    private final List<FeedMetadata.Warning> warnings = new ArrayList<>();
    private Optional<String> reached = Optional.empty();
    private boolean startedOver;
    private boolean complete = true;
    private long missed;

    private PublishedFeed(
            Publication publication,
            String identifier,
            String type,
            ObjectKey key,
            FeedWriter writer,
            PublishedForms forms,
            RawRecords raw,
            Optional<Delivered> delivered,
            Optional<Cursors.Start> start) {
        this.publication = publication;
        this.identifier = identifier;
        this.type = type;
        this.key = key;
        this.writer = writer;
        this.forms = forms;
        this.raw = raw;
        this.delivered = delivered;
        this.start = start;
        this.files = new PublishedFiles(publication, false, delivered, Optional.of(forms));
    }

    /// How far a feed has got.
    ///
    /// @param whole whether it lacks nothing, or nothing that does not come with the next
    /// @param cursor from where the next goes on
    /// @param made that cursor, where it is not in the table yet
    record Progress(boolean whole, Optional<UUID> cursor, Optional<Cursors.Made> made) {}

    /// Writes, in the transaction of the feed's result, how far it has got.
    interface Keeping {
        void keep(Handle tx, Progress progress);
    }

    /// Starts the feed of a data or info type.
    ///
    /// @param forms what is published of it beside
    /// @param delivered tells what to leave out; empty where everything is published
    /// @param start from where it goes on; empty where everything is read
    static PublishedFeed open(
            Publication publication,
            ObjectKey.Kind kind,
            String identifier,
            String type,
            Set<Form> forms,
            Optional<Delivered> delivered,
            Optional<Cursors.Start> start)
            throws PublishException, InterruptedException {
        var key = key(publication, kind, type, publication.attempt().number());
        var writer = FeedWriter.open(publication.openFeed(key, identifier, JSON));
        try {
            var payload = publication.asked().payload();
            var beside = PublishedForms.open(
                    publication, forms, type, !payload.fileTypes().isEmpty());
            var raw = new RawRecords(publication, type, payload.publishesSource());
            return new PublishedFeed(publication, identifier, type, key, writer, beside, raw, delivered, start);
        } catch (Throwable e) {
            writer.close();
            throw e;
        }
    }

    /// The key of that attempt's feed.
    static ObjectKey key(Publication publication, ObjectKey.Kind kind, String type, int attempt) {
        return publication.config().feedKey(publication.poll(), kind, type, attempt);
    }

    @Override
    public void item(ObjectNode node) throws InterruptedException {
        publish(node);
    }

    @Override
    public void item(ObjectNode node, Supplier<JsonNode> sent) throws InterruptedException {
        if (publish(node)) {
            raw.item(node, sent);
        }
    }

    /// @return whether it is in this feed, and not left out since an earlier one had it
    private boolean publish(ObjectNode node) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("stopped between two records");
        }
        if (delivered.isPresent() && !delivered.get().isNew(node)) {
            forms.known(node);
            publication.item();
            return false;
        }
        try {
            writer.item(node);
        } catch (PublishException e) {
            throw new SinkFailed(e);
        }
        if (!isDeletion(node)) {
            forms.item(node);
        }
        publication.item();
        return true;
    }

    private static boolean isDeletion(ObjectNode node) {
        return node.size() == 3 && node.path("deleted").asBoolean(false);
    }

    @Override
    public String fileId(FileRef ref) {
        var id = publication.fileId(ref);
        delivered.ifPresent(before -> before.names(id));
        return id;
    }

    @Override
    public boolean wants(String fileType) {
        return publication.asked().payload().fileTypes().contains(fileType);
    }

    @Override
    public Files files() {
        return files;
    }

    @Override
    public void expect(long total) {
        publication.expect(total);
    }

    @Override
    public void refused(String item, ErrorCode why, String detail) {
        missed++;
        complete = false;
        publication.refused(Optional.of(item), why, detail);
    }

    @Override
    public void warn(String code, String detail) {
        warnings.add(new FeedMetadata.Warning(code, OptionalLong.empty(), detail));
    }

    @Override
    public void incomplete() {
        complete = false;
    }

    @Override
    public Optional<String> from() {
        return start.map(Cursors.Start::state);
    }

    @Override
    public void startOver() {
        if (!startedOver) {
            startedOver = true;
            warn("cursor_expired", "The cursor leads nowhere any more: everything was read.");
        }
    }

    @Override
    public void reached(String state) {
        reached = Optional.of(state);
    }

    @Override
    public void unchanged(ObjectNode node) {
        forms.known(node);
        delivered.ifPresent(Delivered::skipped);
        publication.item();
    }

    /// What the listing is narrowed to.
    Window window() {
        return delivered
                .map(Delivered::window)
                .orElseGet(() -> publication.asked().payload().window());
    }

    /// Ends the feed, once all of its files are results: it becomes one, unless this attempt has lost its task;
    /// then its object goes.
    void finish(Cursors cursors, Keeping keeping) throws PublishException, InterruptedException {
        var beside = new ArrayList<>(forms.finish());
        beside.addAll(raw.finish());
        publication.settle();
        forms.unfit()
                .forEach((form, count) -> warnings.add(new FeedMetadata.Warning(
                        "form_unfit",
                        OptionalLong.of(count),
                        "Records could not be put into " + form.slug() + "; this feed has them.")));
        var window = window();
        boolean whole = complete && publication.refused() == missed;
        var source = JsonNodeFactory.instance.objectNode();
        source.put("identifier", publication.source().identifier());
        long filesRefused = publication.refused() - missed;
        if (filesRefused > 0) {
            warnings.add(new FeedMetadata.Warning(
                    "files_refused",
                    OptionalLong.of(filesRefused),
                    "Files could not be had; the poll's errors name them."));
        }
        var progress = progress(cursors, whole, filesRefused);
        var stored = writer.finish(new FeedMetadata(
                type,
                source,
                window.since(),
                window.until(),
                mode(),
                progress.cursor().map(UUID::toString),
                List.of(),
                warnings,
                whole,
                writer.count() + missed,
                writer.count(),
                missed));
        var all = new ArrayList<>(beside);
        all.add(new Results.Published(
                publication.poll(),
                publication.attempt().task().id(),
                publication.config().id(),
                identifier,
                Optional.of("json"),
                key.toString(),
                publication.publisher().url(key).toString(),
                stored,
                writer.content(),
                Optional.of(new Result.Listed(writer.count() + missed, missed, whole))));
        try {
            publication.recordNow(all, tx -> keeping.keep(tx, progress));
        } catch (LeaseLost e) {
            publication.publisher().delete(key);
            throw e;
        }
    }

    private FeedMetadata.Mode mode() {
        boolean further =
                start.isPresent() || delivered.filter(Delivered::isFurther).isPresent();
        return further && !startedOver ? FeedMetadata.Mode.INCREMENTAL : FeedMetadata.Mode.FULL;
    }

    /// Where the source has not changed, the next one goes on from the same cursor.
    private Progress progress(Cursors cursors, boolean whole, long filesRefused) {
        if (reached.isEmpty()) {
            return new Progress(whole, Optional.empty(), Optional.empty());
        }
        boolean settled = filesRefused == 0;
        if (!settled && delivered.filter(listed -> !listed.goesOnAnyway()).isPresent()) {
            return new Progress(false, Optional.empty(), Optional.empty());
        }
        if (start.filter(cursor -> cursor.state().equals(reached.get())).isPresent()) {
            return new Progress(settled, start.map(Cursors.Start::id), Optional.empty());
        }
        var made = cursors.make(publication.organisation(), reached.get());
        if (made.isEmpty()) {
            warn("cursor_too_large", "The source holds too much for a cursor: the next poll is a full one.");
            return new Progress(whole, Optional.empty(), Optional.empty());
        }
        return new Progress(settled, made.map(Cursors.Made::id), made);
    }

    @Override
    public void close() {
        raw.close();
        forms.close();
        writer.close();
    }
}
