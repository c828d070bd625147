package ferry.webhook;

import ferry.access.OrgId;
import ferry.audit.Audit;
import ferry.db.Database;
import ferry.error.ErrorCode;
import ferry.event.Event;
import ferry.event.EventJson;
import ferry.event.EventState;
import ferry.event.Events;
import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Endpoints;
import ferry.http.Fields;
import ferry.http.ListJson;
import ferry.http.Request;
import ferry.http.Routes;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/// Sending events again, and what became of each attempt.
public final class EventReplayEndpoints implements Endpoints {
    /// Events that one call sends again.
    private static final int MOST = 10_000;

    private final Database db;
    private final Events events;
    private final Placement placement;
    private final Line line;
    private final Replays replays;
    private final AttemptLog attempts;
    private final Audit audit;
    private final Runnable wake;

    EventReplayEndpoints(
            Database db,
            Events events,
            Placement placement,
            Line line,
            Replays replays,
            AttemptLog attempts,
            Audit audit,
            Runnable wake) {
        this.db = db;
        this.events = events;
        this.placement = placement;
        this.line = line;
        this.replays = replays;
        this.attempts = attempts;
        this.audit = audit;
        this.wake = wake;
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/events/{id}/attempts", this::attempts);
        routes.post("/events/{id}/redeliver", this::one);
        routes.post("/events/redeliver", this::many);
    }

    /// One attempt as the API shows it.
    ///
    /// @param state `pending` while it is under way, then `delivered` or `failed`
    record AttemptJson(
            int number,
            String webhookConfig,
            String state,
            @Nullable Integer status,
            @Nullable Integer milliseconds,
            @Nullable String error,
            Instant dateCreated) {
        static AttemptJson of(AttemptLog.Entry entry) {
            var error = entry.error();
            return new AttemptJson(
                    entry.number(),
                    Long.toString(entry.config()),
                    !entry.over() ? "pending" : error == null ? "delivered" : "failed",
                    entry.status(),
                    entry.milliseconds(),
                    error == null ? null : error.slug(),
                    entry.date());
        }
    }

    /// How many events are sent again.
    ///
    /// @param hasMore whether more fit than one call sends
    /// @param lastId the last one that was looked at; null where none fits
    record RedeliveredJson(
            int redelivered, boolean hasMore, @Nullable UUID lastId) {}

    /// Without a `resource`, which ricloud-py would look for among its classes. Not paged, since attempts have no ids.
    private Answer attempts(Request request) {
        var organisation = request.caller().organisation();
        var id = request.uuid("event");
        return db.read(organisation, tx -> {
            var _ = found(tx, request, id);
            var newest = attempts.of(tx, organisation, id);
            return Answer.ok(ListJson.of(newest, "/events/" + id + "/attempts", AttemptJson::of)
                    .bare());
        });
    }

    private Answer one(Request request) {
        var organisation = request.caller().organisation();
        var id = request.uuid("event");
        placement.sequence();
        var answer = db.tenant(organisation, tx -> {
            var _ = found(tx, request, id);
            if (line.sending(tx, organisation, id)) {
                throw new ApiException(ErrorCode.CONFLICT, "The event is being sent at this moment.");
            }
            if (replays.again(tx, organisation, List.of(id)) == 0) {
                throw new ApiException(
                        ErrorCode.UNCONFIGURED,
                        "There is no webhook config that the event could go to; tests are not sent again.");
            }
            audit.note(tx, request.caller(), "event.redeliver", "event/" + id, Map.of(), request.id());
            return Answer.ok(EventJson.of(found(tx, request, id)));
        });
        wake.run();
        return answer;
    }

    private Answer many(Request request) {
        var organisation = request.caller().organisation();
        var fields = request.fields();
        var since = fields.optionalInstant("since");
        if (since.isEmpty() && !fields.has("since")) {
            fields.problem("since", "is required");
        }
        var state = fields.optionalText("state");
        if (state.isPresent() && !EventState.slugs().contains(state.get())) {
            fields.problem("state", "is none of " + String.join(", ", EventState.slugs()));
        }
        var filter = new Replays.Filter(
                since.orElse(Instant.MAX),
                after(fields),
                fields.optionalInstant("until"),
                fields.optionalWord("type"),
                fields.optionalWord("action"),
                state);
        fields.check();
        placement.sequence();
        var fitting = db.tenant(organisation, tx -> replays.fitting(tx, organisation, filter, MOST + 1));
        var events = fitting.subList(0, Math.min(fitting.size(), MOST));
        int count = again(organisation, events);
        db.tenantDo(
                organisation,
                tx -> audit.note(
                        tx, request.caller(), "event.redeliver", "events", Map.of("count", count), request.id()));
        wake.run();
        return Answer.ok(
                new RedeliveredJson(count, fitting.size() > events.size(), events.isEmpty() ? null : events.getLast()));
    }

    private int again(OrgId organisation, List<UUID> events) {
        int count = 0;
        for (int from = 0; from < events.size(); from += Replays.AT_ONCE) {
            var batch = events.subList(from, Math.min(events.size(), from + Replays.AT_ONCE));
            count += db.tenant(organisation, tx -> replays.again(tx, organisation, batch));
        }
        return count;
    }

    private static Optional<UUID> after(Fields fields) {
        return fields.optionalText("after_id").flatMap(id -> {
            try {
                return Optional.of(UUID.fromString(id));
            } catch (IllegalArgumentException _) {
                fields.problem("after_id", "is not an id");
                return Optional.empty();
            }
        });
    }

    private Event found(Handle tx, Request request, UUID id) {
        return events.find(tx, request.caller().organisation(), id).orElseThrow(() -> ApiException.notFound("event"));
    }
}
