package ferry.form;

import tools.jackson.databind.node.ObjectNode;

/// Makes one form of one feed, record by record, and holds no more of it than a few megabytes. Records come on
/// one thread, files on several. Closed by whoever opened it.
///
/// A record that cannot be put into the form is left out of it and counted; the feed has it.
public interface FormWriter extends AutoCloseable {
    /// Starts a form of a feed.
    ///
    /// @param form any but [Form#JSON]
    /// @param type the data type as asked for
    /// @param withFiles whether files of the records are published in passing
    static FormWriter of(Form form, String type, boolean withFiles, Outlet outlet) throws InterruptedException {
        return switch (form) {
            case VCARD -> new VCards(type, withFiles, outlet);
            case ICALENDAR -> new Calendars(outlet);
            case MARKDOWN, HTML -> new NotePages(form, outlet);
            case XMP -> new Sidecars(outlet);
            case JSON -> throw new IllegalArgumentException("the feed is no form of itself");
        };
    }

    /// Takes the feed's next record.
    void item(ObjectNode record) throws InterruptedException;

    /// A record that the feed leaves out, since an earlier one had it.
    default void known(ObjectNode record) {}

    /// Whether the bytes of that file belong into this form, and have not come yet.
    default boolean wants(String fileId) {
        return false;
    }

    /// The bytes of a file that it [#wants].
    default void file(String fileId, byte[] content) {}

    /// No more records and no more files will come.
    void finish() throws InterruptedException;

    /// Records that could not be put into the form.
    long unfit();

    @Override
    void close();
}
