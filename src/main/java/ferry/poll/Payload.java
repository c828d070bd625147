package ferry.poll;

import ferry.connector.Window;
import ferry.form.Form;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What a poll asks for, checked and with its wildcards resolved. Also how it lies in the table.
///
/// @param infoTypes each becomes a task
/// @param dataTypes each becomes a task; as asked for, aliases included
/// @param files how many file ids were asked for; the ids themselves are their task's
/// @param fileTypes files to publish in passing, as the data types list them
/// @param formats forms of the data types beside their feeds; none of polls that were made before there were any
/// @param sourceFiles whether the source's own records are published too; null as `formats`
/// @param cursors by data type, from where each goes on; empty for one that is read whole. Null in rows from
/// before there were cursors
/// @param missing known types that this source lacks; each becomes an error of the poll
record Payload(
        List<String> infoTypes,
        List<String> dataTypes,
        int files,
        List<String> fileTypes,
        @Nullable List<String> formats,
        @Nullable Boolean sourceFiles,
        List<String> missing,
        @Nullable Map<String, UUID> cursors,
        @Nullable String since,
        @Nullable String until) {
    Payload {
        infoTypes = List.copyOf(infoTypes);
        dataTypes = List.copyOf(dataTypes);
        fileTypes = List.copyOf(fileTypes);
        formats = formats == null ? List.of() : List.copyOf(formats);
        missing = List.copyOf(missing);
        cursors = cursors == null ? Map.of() : Map.copyOf(cursors);
    }

    /// From where the type goes on.
    Optional<UUID> cursor(String type) {
        return cursors == null ? Optional.empty() : Optional.ofNullable(cursors.get(type));
    }

    /// The forms that are asked for.
    Set<Form> forms() {
        return Objects.requireNonNullElse(formats, List.<String>of()).stream()
                .flatMap(format -> Form.of(format).stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    /// Whether the source's own records are published beside the feeds.
    boolean publishesSource() {
        return Boolean.TRUE.equals(sourceFiles);
    }

    /// The same, with or without the source's own records.
    Payload withSource(boolean published) {
        return new Payload(infoTypes, dataTypes, files, fileTypes, formats, published, missing, cursors, since, until);
    }

    Window window() {
        return new Window(
                Optional.ofNullable(since).map(Instant::parse),
                Optional.ofNullable(until).map(Instant::parse));
    }
}
