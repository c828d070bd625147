package ferry.form;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/// A format in which the records of a data type can be had.
public enum Form {
    /// The feed itself. Always published; naming it changes nothing.
    JSON("json", "json", "application/json"),
    /// All contacts and groups in one file of vCard 4 (RFC 6350).
    VCARD("vcard", "vcf", "text/vcard"),
    /// A file of iCalendar (RFC 5545) for each calendar that has events.
    ICALENDAR("icalendar", "ics", "text/calendar"),
    /// A file for each note.
    MARKDOWN("markdown", "md", "text/markdown"),
    /// A page for each note.
    HTML("html", "html", "text/html"),
    /// What is known of a photo, in a file beside it (ISO 16684).
    XMP("xmp", "xmp", "application/rdf+xml");

    private final String slug;
    private final String extension;
    private final String mediaType;

    Form(String slug, String extension, String mediaType) {
        this.slug = slug;
        this.extension = extension;
        this.mediaType = mediaType;
    }

    /// The word that clients use.
    public String slug() {
        return slug;
    }

    /// Of its files, without dot.
    public String extension() {
        return extension;
    }

    /// Such as `text/vcard`.
    public String mediaType() {
        return mediaType;
    }

    /// The form that clients call so.
    public static Optional<Form> of(String slug) {
        return Stream.of(values()).filter(form -> form.slug.equals(slug)).findFirst();
    }

    /// Whether the records of that data type can be had in this form.
    ///
    /// @param dataType by its own name, no alias
    public boolean isOffered(String dataType) {
        return switch (this) {
            case JSON -> true;
            case VCARD -> dataType.equals("icloud_contacts.contacts");
            case ICALENDAR -> dataType.equals("icloud_calendars.events");
            case MARKDOWN, HTML -> dataType.equals("icloud_notes.notes");
            case XMP -> dataType.equals("icpl.photos");
        };
    }

    /// What of these a data type offers beside its feed.
    public static Set<Form> offered(String dataType, Set<Form> asked) {
        var offered = EnumSet.noneOf(Form.class);
        asked.stream().filter(form -> form != JSON && form.isOffered(dataType)).forEach(offered::add);
        return offered;
    }
}
