package ferry.poll;

import ferry.form.Form;
import ferry.http.Json;
import ferry.manifest.ManifestKey;
import ferry.manifest.ManifestKeys;
import ferry.result.Result;
import ferry.result.Results;
import ferry.storage.ObjectKey;
import ferry.task.Task;
import ferry.task.TaskState;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// What stands in a manifest (`/schemas/manifest`): ids, types, counts, sizes and hashes. No account, no message, and
/// where objects are encrypted no file's name.
final class ManifestObjects {
    private static final String VERSION = "1";

    private final List<String> folder;
    private final Optional<String> bucket;

    /// @param key the manifest's own
    /// @param url the manifest's own, which ends in its key
    ManifestObjects(ObjectKey key, String url) {
        this.folder = key.segments().subList(0, key.segments().size() - 1);
        this.bucket = bucket(url, key.toString());
    }

    /// One object. Its key is relative to the manifest's folder; one that lies in another bucket, since its config was
    /// changed meanwhile, has its URL instead.
    ObjectNode of(Result result) {
        var node = JsonNodeFactory.instance.objectNode();
        node.put("identifier", result.identifier());
        result.type().ifPresent(type -> node.put("type", type));
        if (bucket.isPresent() && bucket(result.url(), result.objectKey()).equals(bucket)) {
            node.put("key", relative(result.objectKey()));
        } else {
            node.put("url", result.url());
        }
        node.put("size", result.plain().map(Result.Plain::size).orElse(result.size()));
        node.put("md5", result.plain().map(Result.Plain::checksum).orElse(result.checksum()));
        node.put("sha256", result.sha256().orElse(null));
        if (result.plain().isPresent()) {
            node.put("encryption", "age");
            node.put("stored_size", result.size());
        }
        result.listed().ifPresent(listed -> {
            node.put("listed", listed.listed());
            node.put("published", listed.listed() - listed.refused());
            node.put("refused", listed.refused());
            node.put("complete", listed.complete());
        });
        return node;
    }

    /// One error, by its code: a message is for people and may change.
    static ObjectNode of(PollErrorJson error) {
        var node = JsonNodeFactory.instance.objectNode();
        node.put("task", Optional.ofNullable(error.task()).map(UUID::toString).orElse(null));
        node.put("item", error.item());
        node.put("error", error.error());
        return node;
    }

    /// What comes before the objects.
    static ObjectNode head(
            Poll poll,
            String sourceType,
            ObjectKey key,
            ManifestKey signer,
            Results.Sum sum,
            Map<Optional<UUID>, Long> errors) {
        var head = JsonNodeFactory.instance.objectNode();
        head.put("schema", VERSION);
        head.put("poll", poll.id().toString());
        head.put("organisation", poll.organisation().toString());
        head.putObject("source").put("id", Long.toString(poll.source())).put("type", sourceType);
        head.set("payload", payload(poll.payload()));
        head.put("date_created", Json.date(poll.dateCreated()));
        head.put("date_started", poll.dateStarted().map(Json::date).orElse(null));
        head.put("date_completed", poll.dateCompleted().map(Json::date).orElse(null));
        head.put("key", key.toString());
        head.putObject("signature")
                .put("algorithm", ManifestKeys.ALGORITHM)
                .put("key", signer.id())
                .put("public_key", Base64.getEncoder().encodeToString(signer.publicKey()));
        long refused = errors.values().stream().mapToLong(n -> n).sum();
        head.putObject("counts")
                .put("objects", sum.objects())
                .put("bytes", sum.content())
                .put("stored_bytes", sum.stored())
                .put("errors", refused);
        head.put("complete", sum.complete() && refused == 0);
        return head;
    }

    /// Adds what became of each task, and counts one that failed.
    static void tasks(ObjectNode head, List<Task> tasks, Map<UUID, Long> published, Map<Optional<UUID>, Long> errors) {
        var all = head.putArray("tasks");
        for (var task : tasks) {
            var node = all.addObject();
            node.put("id", task.id().toString());
            node.put("type", task.type());
            node.put("target", task.target());
            node.put("state", task.state().slug());
            node.put("error", task.error() == null ? null : task.error().slug());
            node.put("published", published.getOrDefault(task.id(), 0L));
            node.put("errors", errors.getOrDefault(Optional.of(task.id()), 0L));
            if (task.state() != TaskState.SUCCEEDED) {
                head.put("complete", false);
            }
        }
    }

    private static ObjectNode payload(Payload payload) {
        var node = JsonNodeFactory.instance.objectNode();
        payload.infoTypes().forEach(node.putArray("info_types")::add);
        payload.dataTypes().forEach(node.putArray("data_types")::add);
        node.put("files", payload.files());
        payload.fileTypes().forEach(node.putArray("file_types")::add);
        if (!payload.forms().isEmpty()) {
            payload.forms().stream().map(Form::slug).sorted().forEach(node.putArray("formats")::add);
        }
        node.put("since", payload.since());
        node.put("until", payload.until());
        return node;
    }

    private String relative(String key) {
        var target = List.of(key.split("/", -1));
        int same = 0;
        while (same < folder.size()
                && same < target.size() - 1
                && folder.get(same).equals(target.get(same))) {
            same++;
        }
        var path = new ArrayList<>(Collections.nCopies(folder.size() - same, ".."));
        path.addAll(target.subList(same, target.size()));
        return String.join("/", path);
    }

    /// What stands before the key in a URL.
    private static Optional<String> bucket(String url, String key) {
        return url.endsWith("/" + key) ? Optional.of(url.substring(0, url.length() - key.length())) : Optional.empty();
    }
}
