package ferry.task;

import ferry.db.Database;
import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Endpoints;
import ferry.http.ListJson;
import ferry.http.Request;
import ferry.http.Routes;
import java.util.Arrays;

/// `/tasks`.
public final class TaskEndpoints implements Endpoints {
    private final Database db;
    private final Tasks tasks;
    private final TaskPages pages;
    private final Worker worker;

    /// @param worker cancels
    public TaskEndpoints(Database db, Tasks tasks, TaskPages pages, Worker worker) {
        this.db = db;
        this.tasks = tasks;
        this.pages = pages;
        this.worker = worker;
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/tasks", this::list);
        routes.get("/tasks/{id}", this::retrieve);
        routes.get("/tasks/{id}/results", this::results);
        routes.post("/tasks/{id}/cancel", this::cancel);
    }

    private Answer list(Request request) {
        var organisation = request.caller().organisation();
        var states = Arrays.stream(TaskState.values()).map(TaskState::slug).toList();
        var filter = new Tasks.Filter(
                request.uuidFilter("poll"),
                request.uuidFilter("session"),
                request.numberFilter("source"),
                request.numberFilter("user"),
                request.filter("type"),
                request.wordFilter("state", states));
        return db.read(organisation, tx -> {
            var slice = tasks.list(tx, organisation, filter, request.page());
            return Answer.ok(ListJson.of(slice, "/tasks", task -> pages.shown(tx, organisation, task)));
        });
    }

    private Answer retrieve(Request request) {
        var organisation = request.caller().organisation();
        return db.read(
                organisation,
                tx -> tasks.find(tx, organisation, request.uuid("task"))
                        .map(task -> Answer.ok(pages.shown(tx, organisation, task)))
                        .orElseThrow(() -> ApiException.notFound("task")));
    }

    private Answer results(Request request) {
        var organisation = request.caller().organisation();
        return db.read(
                organisation,
                tx -> tasks.find(tx, organisation, request.uuid("task"))
                        .map(task -> Answer.ok(pages.results().task(tx, organisation, task.id())))
                        .orElseThrow(() -> ApiException.notFound("task")));
    }

    /// Stops the task wherever it runs; it is then `failed` with `cancelled`. May be called again.
    private Answer cancel(Request request) {
        var organisation = request.caller().organisation();
        var id = request.uuid("task");
        return db.tenant(
                organisation,
                tx -> worker.cancel(tx, organisation, id)
                        .map(task -> Answer.ok(pages.shown(tx, organisation, task)))
                        .orElseThrow(() -> ApiException.notFound("task")));
    }
}
