package ferry.poll;

import ferry.form.Outlet;
import ferry.result.Results;
import ferry.storage.Intake;
import ferry.storage.ObjectKey;
import ferry.storage.PublishException;
import java.util.Optional;

/// An object beside a feed. All attempts share its key, as they share a file's; one that has lost its task
/// finds the result of another, and leaves what lies there alone.
final class PublishedPage implements Outlet.Page {
    private final Publication publication;
    private final String identifier;
    private final String type;
    private final ObjectKey key;
    private final Intake intake;
    private final Then then;

    /// Hears of an object that is in the bucket, and has it recorded.
    @FunctionalInterface
    interface Then {
        void committed(Results.Published object) throws InterruptedException;
    }

    private PublishedPage(
            Publication publication, String identifier, String type, ObjectKey key, Intake intake, Then then) {
        this.publication = publication;
        this.identifier = identifier;
        this.type = type;
        this.key = key;
        this.intake = intake;
        this.then = then;
    }

    /// An object that is written while others are.
    ///
    /// @param type the result's, such as `vcf`
    static PublishedPage large(
            Publication publication, String identifier, String type, ObjectKey key, String mediaType, Then then)
            throws InterruptedException {
        try {
            var intake = publication.openFeed(key, identifier, mediaType);
            return new PublishedPage(publication, identifier, type, key, intake, then);
        } catch (PublishException e) {
            throw new SinkFailed(e);
        }
    }

    /// An object that is there at once.
    ///
    /// @param type the result's, such as `md`
    /// @param name what people would call it
    static PublishedPage small(
            Publication publication,
            String identifier,
            String type,
            ObjectKey key,
            String mediaType,
            String name,
            Then then)
            throws InterruptedException {
        try {
            var intake = publication.open(key, identifier, mediaType, Optional.of(name));
            return new PublishedPage(publication, identifier, type, key, intake, then);
        } catch (PublishException e) {
            throw new SinkFailed(e);
        }
    }

    @Override
    public void write(byte[] bytes) throws InterruptedException {
        write(bytes, 0, bytes.length);
    }

    void write(byte[] bytes, int offset, int length) throws InterruptedException {
        try {
            intake.write(bytes, offset, length);
        } catch (PublishException e) {
            throw new SinkFailed(e);
        }
    }

    @Override
    public void commit() throws InterruptedException {
        if (publication.has(identifier)) {
            return;
        }
        Results.Published object;
        try {
            var stored = intake.commit();
            object = Results.Published.beside(
                    publication.poll(),
                    publication.attempt().task().id(),
                    publication.config().id(),
                    identifier,
                    type,
                    key.toString(),
                    publication.publisher().url(key).toString(),
                    stored,
                    intake.content());
        } catch (PublishException e) {
            throw new SinkFailed(e);
        }
        intake.close(); // its memory is free while it waits to be recorded
        then.committed(object);
    }

    @Override
    public void close() {
        intake.close();
    }
}
