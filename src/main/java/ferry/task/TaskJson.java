package ferry.task;

import com.fasterxml.jackson.annotation.JsonInclude;
import ferry.http.ListJson;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A task as the API shows it. The component order here is the field order on the wire.
///
/// @param error why it failed; ours: of a suspended task, the code of what it waits for
/// @param errorMessage ours: a sentence beside `error`
/// @param progress ours, without a `resource`
/// @param dateDue ours: when a suspended task goes on
public record TaskJson(
        UUID id,
        String resource,
        String organisation,
        String key,
        @Nullable String user,
        @Nullable String source,
        @Nullable String sourceType,
        @Nullable UUID session,
        @Nullable UUID poll,
        String type,
        @Nullable String target,
        String state,
        ListJson<?> results,
        @Nullable String error,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable String errorMessage,
        Progress progress,
        @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable Instant dateDue,
        Instant dateCreated,
        @Nullable Instant dateStarted,
        @Nullable Instant dateCompleted) {
    static TaskJson of(Task task, ListJson<?> results) {
        var error = task.error();
        return new TaskJson(
                task.id(),
                "task",
                task.organisation().toString(),
                Long.toString(task.key()),
                text(task.user()),
                text(task.source()),
                task.sourceType(),
                task.session(),
                task.poll(),
                task.type(),
                task.target(),
                task.state().slug(),
                results,
                error == null ? null : error.slug(),
                task.errorDetail(),
                task.progress(),
                task.due(),
                task.dateCreated(),
                task.dateStarted(),
                task.dateCompleted());
    }

    private static @Nullable String text(@Nullable Long number) {
        return number == null ? null : Long.toString(number);
    }
}
