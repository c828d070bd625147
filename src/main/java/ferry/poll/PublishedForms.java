package ferry.poll;

import ferry.connector.ConnectorException;
import ferry.connector.Pulls;
import ferry.form.Form;
import ferry.form.FormWriter;
import ferry.form.Outlet;
import ferry.form.Sheet;
import ferry.result.Results;
import ferry.storage.ObjectKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import tools.jackson.databind.node.ObjectNode;

/// The forms of one feed that the poll asks for, beside it. Small objects are published several at once and recorded as
/// files are; large ones with the feed. Records come on one thread, files on several. Closed before the publication.
final class PublishedForms implements Outlet, AutoCloseable {
    private static final int AT_ONCE = 8;

    private final Publication publication;
    private final Map<Form, FormWriter> writers = new TreeMap<>();
    private final List<Results.Published> committed = new ArrayList<>();
    private final Pulls small = new Pulls(AT_ONCE);

    private PublishedForms(Publication publication) {
        this.publication = publication;
    }

    /// Starts the forms of a feed.
    ///
    /// @param type as asked for
    /// @param withFiles whether the feed's files are published in passing
    static PublishedForms open(Publication publication, Set<Form> forms, String type, boolean withFiles)
            throws InterruptedException {
        var opened = new PublishedForms(publication);
        try {
            for (var form : forms) {
                opened.writers.put(form, FormWriter.of(form, type, withFiles, opened));
            }
            return opened;
        } catch (Throwable e) {
            opened.close();
            throw e;
        }
    }

    void item(ObjectNode record) throws InterruptedException {
        for (var writer : writers.values()) {
            writer.item(record);
        }
    }

    void known(ObjectNode record) {
        writers.values().forEach(writer -> writer.known(record));
    }

    /// Whether a form needs the bytes of that file.
    boolean wants(String fileId) {
        return writers.values().stream().anyMatch(writer -> writer.wants(fileId));
    }

    void file(String fileId, byte[] content) {
        writers.values().stream()
                .filter(writer -> writer.wants(fileId))
                .forEach(writer -> writer.file(fileId, content));
    }

    /// Waits until all objects are in the bucket.
    ///
    /// @return those that are to be recorded with the feed
    List<Results.Published> finish() throws InterruptedException {
        for (var writer : writers.values()) {
            writer.finish();
        }
        try {
            small.finish();
        } catch (ConnectorException e) {
            throw new IllegalStateException("no source takes part", e);
        }
        return List.copyOf(committed);
    }

    /// Records that are missing in a form, by form.
    Map<Form, Long> unfit() {
        var unfit = new TreeMap<Form, Long>();
        writers.forEach((form, writer) -> {
            if (writer.unfit() > 0) {
                unfit.put(form, writer.unfit());
            }
        });
        return unfit;
    }

    @Override
    public void put(Sheet sheet, byte[] content) throws InterruptedException {
        try {
            small.start(turn -> publish(sheet, content));
        } catch (ConnectorException e) {
            throw new IllegalStateException("no source takes part", e);
        }
    }

    private void publish(Sheet sheet, byte[] content) throws InterruptedException {
        var identifier = sheet.identifier();
        publication.claim(identifier);
        var recording = new AtomicBoolean();
        var form = sheet.form();
        try (var page = PublishedPage.small(
                publication, identifier, form.extension(), key(sheet), form.mediaType(), sheet.name(), object -> {
                    publication.record(object, () -> {});
                    recording.set(true);
                })) {
            page.write(content);
            page.commit();
        } finally {
            if (!recording.get()) {
                publication.release(identifier);
            }
        }
    }

    @Override
    public Page open(Sheet sheet) throws InterruptedException {
        var form = sheet.form();
        return PublishedPage.large(
                publication, sheet.identifier(), form.extension(), key(sheet), form.mediaType(), committed::add);
    }

    private ObjectKey key(Sheet sheet) {
        return publication
                .config()
                .formKey(
                        publication.poll(),
                        sheet.identifier(),
                        sheet.beside(),
                        sheet.name(),
                        sheet.form().extension());
    }

    @Override
    public void close() {
        small.close();
        writers.values().forEach(FormWriter::close);
    }
}
