package ferry.cli;

import ferry.cli.Api.Call;
import ferry.crypto.Secret;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The getting-started page as a program: every call of it in its order, over HTTP, each shown as a line, the
/// curl call and what came back. A step that does not end as the page says is the end of the journey.
public final class Journey {
    private static final Duration LOOK_AGAIN = Duration.ofMillis(100);
    /// What a step may take on a slow machine.
    private static final Duration PATIENCE = Duration.ofSeconds(50);

    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String DATA_TYPE = "icpl.photos";
    /// What a webhook config gets unasked.
    private static final Set<String> DOCUMENTED = Set.of(
            "session.expired",
            "poll.created",
            "poll.completed",
            "task.created",
            "task.succeeded",
            "task.failed",
            "webhook_config.test");

    private final Api api;
    private final PrintWriter out;
    private final Options options;
    private final Inbox inbox;
    private int step;

    /// How the journey goes.
    ///
    /// @param storage the body that makes the storage config
    /// @param landing how its results come to this machine
    /// @param photos how many photos to fetch once they are listed
    /// @param verbose whether to print bodies
    public record Options(String storage, Landing landing, int photos, boolean verbose) {}

    /// Whose photos are fetched: somebody of the sandbox, so that nothing here is secret.
    public record Person(String user, String account, String password, String code) {}

    private Journey(Api api, PrintWriter out, Options options, Inbox inbox) {
        this.api = api;
        this.out = out;
        this.options = options;
        this.inbox = inbox;
    }

    /// Walks it, and ends with a table of what was published, each file compared with what the API says of it.
    ///
    /// @param url where the API answers
    /// @param token of an organisation that has no storage config yet
    /// @param inbox where the webhooks come in
    /// @throws CommandFailed naming the step that did not end as it should
    public static void walk(String url, Secret token, Person person, Options options, Inbox inbox, PrintWriter out)
            throws InterruptedException {
        try (var api = new Api(url, token)) {
            var journey = new Journey(api, out, options, inbox);
            try {
                journey.walk(person);
            } catch (CommandFailed e) {
                throw new CommandFailed("step " + journey.step + " of the demo failed: " + e.getMessage(), e);
            }
        }
    }

    private void walk(Person person) throws InterruptedException {
        organisation("View the organisation", "unconfigured");
        webhook();
        var session = session(person);
        storage();
        organisation("View the organisation again", "active");
        var photos = photos(session);
        var feed = feed(photos);
        var files = files(session, feed);
        acknowledge(Stream.concat(Stream.of(photos), files.stream()).toList());
        table(photos, files, names(feed));
        events();
    }

    private void webhook() throws InterruptedException {
        var made = ask("Say where events go", Call.post("/configs/webhook", """
                {"url": "%s"}""".formatted(inbox.url())));
        inbox.secret(new Secret(made.at("/secret").asString("")));
        say(state(made) + ": a receiver in this process listens there, and has the secret");
        var config = settled("Look at the webhook config", "/configs/webhook/" + id(made), "new");
        say(state(config));
        require(state(config).equals("valid"), "the webhook config should be valid: " + config.at("/message"));
    }

    /// Every event that a config gets unasked must have come in, with both signatures verified.
    private void events() throws InterruptedException {
        title("Look at what the webhook has received");
        var call = Call.get("/events?limit=1000");
        show(call);
        var listed = until(call, events -> missing(events).isEmpty());
        answer(listed);
        var kinds = new TreeMap<String, Integer>();
        inbox.all().forEach(event -> kinds.merge(event.kind(), 1, Integer::sum));
        kinds.forEach((kind, count) -> say("%3d  %s".formatted(count, kind)));
        require(inbox.all().stream().allMatch(Receiver.Received::verified), "every signature should be verified");
        say("every event came in, each with both signatures verified");
    }

    private List<String> missing(JsonNode events) {
        var come = inbox.all().stream().map(Receiver.Received::id).collect(Collectors.toSet());
        return events.at("/data").values().stream()
                .filter(event -> DOCUMENTED.contains(event.at("/type").asString("") + "."
                        + event.at("/action").asString("")))
                .map(Journey::id)
                .filter(id -> !come.contains(id))
                .toList();
    }

    private void organisation(String title, String state) throws InterruptedException {
        var organisation = ask(title, Call.get("/organisation"));
        say(organisation.at("/name").asString("") + " is " + state(organisation));
        require(state(organisation).equals(state), "the organisation should be " + state);
    }

    /// The first session fails: the account has a second factor, and the code is only on its way.
    private String session(Person person) throws InterruptedException {
        var user = ask("Create a user", Call.post("/users", """
                {"identifier": "%s"}""".formatted(person.user())));
        say("user " + id(user));

        var asked = ask("Create a session with the password", Call.post("/sessions", """
                {"source": {"user": "%s", "type": "icloud.account", "identifier": "%s"}, "payload": {"password": "%s"}}""".formatted(
                        id(user), person.account(), person.password())));
        say(state(asked));
        var refused = settled("Look at the session", "/sessions/" + id(asked), "pending");
        var error = refused.at("/error").asString("");
        say(state(refused) + ", " + error + ": a code is shown on the person's devices");
        require(state(refused).equals("failed") && error.equals("code-required"), "a code should be required");

        var again = ask("Create a session with password and code", Call.post("/sessions", """
                {"source": {"user": "%s", "type": "icloud.account", "identifier": "%s"}, "payload": {"password": "%s", "code": "%s"}}""".formatted(
                        id(user), person.account(), person.password(), person.code())));
        say(state(again));
        var session = settled("Look at the session", "/sessions/" + id(again), "pending");
        say(state(session));
        require(state(session).equals("active"), "the session should be active, not " + session.at("/error"));
        return id(session);
    }

    private void storage() throws InterruptedException {
        var made = ask("Say where results go", Call.post("/configs/storage", options.storage()));
        say(state(made));
        var config = settled("Look at the storage config", "/configs/storage/" + id(made), "new");
        say(state(config));
        require(state(config).equals("valid"), "the storage config should be valid: " + config.at("/message"));
    }

    private JsonNode photos(String session) throws InterruptedException {
        // The comma at the end is the page's.
        var poll = poll("Create a poll for the list of photos", """
                {"session": "%s", "payload": {"data_types": ["%s"],}}""".formatted(session, DATA_TYPE), DATA_TYPE);
        require(poll.at("/results/total_count").asInt(-1) == 1, "the poll should have one result");
        return poll.at("/results/data/0");
    }

    private JsonNode feed(JsonNode result) throws InterruptedException {
        var landed = landed(DATA_TYPE, result);
        title("Read the result");
        try {
            var feed = JSON.readTree(Files.readString(landed.path()));
            say(feed.at("/data").size() + " photos and videos are listed in " + landed.path());
            require(!feed.at("/data").isEmpty(), "the list of photos should not be empty");
            return feed;
        } catch (IOException e) {
            throw new CommandFailed("the result is not where the API says: " + e, e);
        }
    }

    private List<JsonNode> files(String session, JsonNode feed) throws InterruptedException {
        var ids = names(feed).keySet().stream().map(id -> '"' + id + '"').toList();
        var poll = poll(
                "Create a poll for the files of the first " + ids.size() + " photos",
                """
                {"session": "%s", "payload": {"files": [%s]}}""".formatted(session, String.join(", ", ids)),
                "files");
        var results = poll.at("/results/data").values().stream().toList();
        require(results.size() == ids.size(), "the poll should have " + ids.size() + " results, not " + results.size());
        return results;
    }

    /// Each file's own name by its id, for the first file of the first few photos.
    private Map<String, String> names(JsonNode feed) {
        var names = new LinkedHashMap<String, String>();
        for (var photo : feed.at("/data")) {
            var file = photo.at("/files/0");
            if (!file.isMissingNode() && names.size() < options.photos()) {
                names.put(id(file), file.at("/name").asString(file.at("/type").asString("file")));
            }
        }
        return names;
    }

    private void acknowledge(List<JsonNode> results) throws InterruptedException {
        var ids = results.stream().map(result -> '"' + id(result) + '"').toList();
        var consumed = ask("Acknowledge the results", Call.post("/results/ack", """
                {"ids": [%s]}""".formatted(String.join(", ", ids))));
        for (var result : consumed.at("/data")) {
            require(state(result).equals("consumed"), "each result should be consumed now");
        }
        say(consumed.at("/data").size() + " results are consumed");
    }

    private void table(JsonNode photos, List<JsonNode> files, Map<String, String> names) throws InterruptedException {
        title("Compare the files with what the API says");
        var landed = new ArrayList<Landed>();
        landed.add(landed(DATA_TYPE, photos));
        for (var file : files) {
            var id = file.at("/identifier").asString("").substring("file:".length());
            landed.add(landed(names.getOrDefault(id, "file"), file));
        }
        landed.forEach(Landed::verify);
        say("all have the length and the checksum that the API says");
        out.println();
        Landed.table(landed, out);
        out.flush();
    }

    private Landed landed(String name, JsonNode result) throws InterruptedException {
        return Landed.of(name, result, options.landing().of(result));
    }

    /// Creates a poll and waits until it is completed.
    private JsonNode poll(String title, String body, String what) throws InterruptedException {
        var made = ask(title, Call.post("/polls", body));
        say(state(made));
        var call = Call.get("/polls/" + id(made));
        title("Look at the poll until it is completed");
        show(call);
        JsonNode poll;
        try (var bar = new Bar(what, Bar.isTerminal())) {
            poll = until(call, seen -> {
                progress(seen, bar);
                return state(seen).equals("completed");
            });
        }
        answer(poll);
        say(state(poll) + ", results: " + poll.at("/results/total_count").asInt());
        var failed = poll.at("/tasks_failed/0").asString("");
        if (!failed.isEmpty()) {
            var task = api.send(Call.get("/tasks/" + failed));
            throw new CommandFailed("a task failed: " + task.at("/error") + " " + task.at("/error_message"));
        }
        var errors = poll.at("/errors/data");
        require(errors.isEmpty(), "the poll should have no errors: " + errors);
        return poll;
    }

    private void progress(JsonNode poll, Bar bar) {
        long done = 0;
        long total = 0;
        for (var list : List.of("/tasks_processing", "/tasks_completed")) {
            for (var id : poll.at(list)) {
                var progress = task(id.asString("")).at("/progress");
                done += progress.at("/items").asLong(0);
                total += progress.at("/items_total").asLong(0);
            }
        }
        bar.at(done, total);
    }

    private JsonNode task(String id) {
        try {
            return api.send(Call.get("/tasks/" + id));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailed("interrupted", e);
        }
    }

    /// Looks at a resource until it has left `state`.
    private JsonNode settled(String title, String path, String state) throws InterruptedException {
        title(title);
        var call = Call.get(path);
        show(call);
        var found = until(call, seen -> !state(seen).equals(state));
        answer(found);
        return found;
    }

    private JsonNode until(Call call, Predicate<JsonNode> wanted) throws InterruptedException {
        var deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            var seen = api.send(call);
            if (wanted.test(seen)) {
                return seen;
            }
            if (System.nanoTime() > deadline) {
                throw new CommandFailed(call + " is still " + state(seen) + " after " + PATIENCE.toSeconds() + " s.");
            }
            Thread.sleep(LOOK_AGAIN);
        }
    }

    private JsonNode ask(String title, Call call) throws InterruptedException {
        title(title);
        show(call);
        var body = api.send(call);
        answer(body);
        return body;
    }

    private void title(String title) {
        step++;
        out.printf("%2d. %s%n", step, title);
        out.flush();
    }

    private void show(Call call) {
        out.println("    $ " + api.curl(call));
        out.flush();
    }

    private void answer(JsonNode body) {
        if (options.verbose()) {
            out.println(JSON.writerWithDefaultPrettyPrinter()
                    .writeValueAsString(body)
                    .indent(4)
                    .stripTrailing());
        }
    }

    private void say(String what) {
        out.println("    " + what);
        out.flush();
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new CommandFailed(otherwise);
        }
    }

    private static String state(JsonNode resource) {
        return resource.at("/state").asString("");
    }

    private static String id(JsonNode resource) {
        return resource.at("/id").asString("");
    }
}
