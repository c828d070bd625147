package ferry.poll;

import ferry.http.ListJson;
import ferry.result.ResultJson;
import ferry.task.Task;
import ferry.task.TaskState;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A poll as the API shows it. The component order here is the field order on the wire.
///
/// @param subscription null where a client asked for it by a session
/// @param manifest ours: null until it was written or given up
/// @param tasksCompleted those that succeeded or failed, as in the seed page
record PollJson(
        UUID id,
        String resource,
        String organisation,
        String key,
        String user,
        String source,
        UUID session,
        @Nullable UUID subscription,
        List<UUID> tasksPending,
        List<UUID> tasksProcessing,
        List<UUID> tasksCompleted,
        List<UUID> tasksSucceeded,
        List<UUID> tasksFailed,
        List<UUID> tasksSuspended,
        ListJson<ResultJson> results,
        ListJson<PollErrorJson> errors,
        @Nullable ManifestJson manifest,
        String state,
        Instant dateCreated,
        @Nullable Instant dateStarted,
        @Nullable Instant dateCompleted) {
    static PollJson of(Poll poll, List<Task> tasks, ListJson<ResultJson> results, ListJson<PollErrorJson> errors) {
        return new PollJson(
                poll.id(),
                "poll",
                poll.organisation().toString(),
                Long.toString(poll.key()),
                Long.toString(poll.user()),
                Long.toString(poll.source()),
                poll.session(),
                poll.origin().ofSubscription().orElse(null),
                in(tasks, EnumSet.of(TaskState.PENDING)),
                in(tasks, EnumSet.of(TaskState.PROCESSING)),
                in(tasks, EnumSet.of(TaskState.SUCCEEDED, TaskState.FAILED)),
                in(tasks, EnumSet.of(TaskState.SUCCEEDED)),
                in(tasks, EnumSet.of(TaskState.FAILED)),
                in(tasks, EnumSet.of(TaskState.SUSPENDED)),
                results,
                errors,
                poll.manifest().orElse(null),
                poll.state().slug(),
                poll.dateCreated(),
                poll.dateStarted().orElse(null),
                poll.dateCompleted().orElse(null));
    }

    private static List<UUID> in(List<Task> tasks, Set<TaskState> states) {
        return tasks.stream()
                .filter(task -> states.contains(task.state()))
                .map(Task::id)
                .toList();
    }
}
