package ferry.key;

import ferry.access.Caller;
import ferry.access.Organisations;
import ferry.audit.Audit;
import ferry.db.Database;
import ferry.error.ErrorCode;
import ferry.http.Answer;
import ferry.http.ApiException;
import ferry.http.Endpoints;
import ferry.http.Fields;
import ferry.http.ListJson;
import ferry.http.Request;
import ferry.http.Resends;
import ferry.http.Routes;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/// `/keys`, and `GET /key`: the key that asks.
public final class KeyEndpoints implements Endpoints {
    private static final Duration LONGEST_OVERLAP = Duration.ofDays(7);
    private static final List<String> TYPES = List.of("standard", "trial");
    private static final List<String> STATES =
            Arrays.stream(KeyState.values()).map(KeyState::slug).toList();

    private final Database db;
    private final Resends resends;
    private final Keys keys;
    private final KeyRequest wanted;
    private final Audit audit;

    /// @param keys the table
    /// @param wanted reads bodies
    public KeyEndpoints(Database db, Resends resends, Keys keys, KeyRequest wanted, Audit audit) {
        this.db = db;
        this.resends = resends;
        this.keys = keys;
        this.wanted = wanted;
        this.audit = audit;
    }

    @Override
    public void routes(Routes routes) {
        routes.get("/key", this::current);
        routes.get("/keys", this::list);
        routes.post("/keys", this::create);
        routes.get("/keys/{id}", this::retrieve);
        routes.post("/keys/{id}", this::update);
        routes.post("/keys/{id}/rotate", this::rotate);
        routes.delete("/keys/{id}", this::delete);
    }

    private Answer current(Request request) {
        return shown(request, request.caller().key());
    }

    private Answer retrieve(Request request) {
        return shown(request, request.number("key"));
    }

    private Answer shown(Request request, long id) {
        return db.read(request.caller().organisation(), tx -> Answer.ok(KeyJson.of(found(tx, request, id))));
    }

    private Answer list(Request request) {
        var organisation = request.caller().organisation();
        var type = request.wordFilter("type", TYPES);
        var state = request.wordFilter("state", STATES);
        return db.read(
                organisation,
                tx -> Answer.ok(
                        ListJson.of(keys.list(tx, organisation, type, state, request.page()), "/keys", KeyJson::of)));
    }

    private Answer create(Request request) throws InterruptedException {
        var caller = request.caller();
        var fields = request.fields();
        fields.optionalText("type")
                .filter(type -> !type.equals("standard"))
                .ifPresent(_ -> fields.problem("type", "is not standard; the operator alone makes other keys"));
        return Answer.created(resends.onceSecret(request, KeyJson.class, tx -> {
            keys.checkMayManage(tx, caller);
            var settings = wanted.read(tx, caller.organisation(), fields, KeySettings.DEFAULT);
            fields.check();
            var made = keys.create(tx, caller.organisation(), settings);
            note(tx, request, "key.create", made.key().id(), named(fields));
            return KeyJson.of(made);
        }));
    }

    /// Changes what the body names. A key may change itself, but not what narrows it.
    private Answer update(Request request) {
        var caller = request.caller();
        var organisation = caller.organisation();
        long id = request.number("key");
        var fields = request.fields();
        return db.tenant(organisation, tx -> {
            // Of two changes at once, the second sees the first.
            Organisations.lock(tx, organisation);
            var before = found(tx, request, id);
            if (caller.key() != id || fields.node().has("permissions")) {
                keys.checkMayManage(tx, caller);
            }
            var settings = wanted.read(tx, organisation, fields, before.settings());
            var state = state(fields);
            fields.check();
            keys.update(tx, organisation, id, settings);
            note(tx, request, "key.update", id, named(fields));
            state.ifPresent(to -> move(tx, request, before, to));
            return Answer.ok(KeyJson.of(found(tx, request, id)));
        });
    }

    /// Gives the key another token, which only this answer shows, and that of a repeat.
    private Answer rotate(Request request) throws InterruptedException {
        var caller = request.caller();
        long id = request.number("key");
        var fields = request.fields();
        var overlap = overlap(fields);
        return Answer.ok(resends.onceSecret(request, KeyJson.class, tx -> {
            var key = found(tx, request, id);
            if (caller.key() != id) {
                keys.checkMayManage(tx, caller);
            }
            fields.check();
            if (key.state() != KeyState.ACTIVE) {
                throw new ApiException(
                        ErrorCode.CONFLICT, "The key is " + key.state().slug() + "; only an active one is rotated.");
            }
            var made = keys.rotate(tx, caller.organisation(), id, overlap, Optional.of(request.token()))
                    .orElseThrow();
            note(tx, request, "key.rotate", id, Map.of("overlap", overlap.toSeconds()));
            return KeyJson.of(made);
        }));
    }

    /// Switches the key off. May be called again.
    private Answer delete(Request request) {
        var caller = request.caller();
        long id = request.number("key");
        return db.tenant(caller.organisation(), tx -> {
            var key = found(tx, request, id);
            if (caller.key() != id) {
                keys.checkMayManage(tx, caller);
            }
            if (key.state() == KeyState.ACTIVE || key.state() == KeyState.EXPIRED) {
                deactivate(tx, request, key);
            }
            return Answer.ok(KeyJson.of(found(tx, request, id)));
        });
    }

    private void move(Handle tx, Request request, Key key, KeyState to) {
        if (key.state() == to) {
            return;
        }
        if (key.state() == KeyState.BLOCKED || (key.state() == KeyState.EXPIRED && to == KeyState.ACTIVE)) {
            throw new ApiException(
                    ErrorCode.CONFLICT, "The key is " + key.state().slug() + "; only the operator can change that.");
        }
        if (to == KeyState.ACTIVE) {
            keys.activate(tx, key.organisation(), key.id());
            note(tx, request, "key.activate", key.id(), Map.of());
        } else {
            deactivate(tx, request, key);
        }
    }

    /// The last key stays: without one nobody of the organisation could ever come in again.
    private void deactivate(Handle tx, Request request, Key key) {
        Organisations.lock(tx, key.organisation());
        if (!keys.otherActive(tx, key.organisation(), key.id())) {
            throw new ApiException(
                    ErrorCode.CONFLICT, "This is the organisation's last active key; make another one first.");
        }
        keys.deactivate(tx, key.organisation(), key.id());
        note(tx, request, "key.deactivate", key.id(), Map.of());
    }

    private static Optional<KeyState> state(Fields fields) {
        return fields.optionalText("state").flatMap(word -> {
            var state = Stream.of(KeyState.ACTIVE, KeyState.DEACTIVATED)
                    .filter(one -> one.slug().equals(word))
                    .findFirst();
            if (state.isEmpty()) {
                fields.problem("state", "is neither active nor deactivated");
            }
            return state;
        });
    }

    private static Duration overlap(Fields fields) {
        var seconds = fields.optionalSeconds("overlap").orElse(0.0);
        if (seconds > LONGEST_OVERLAP.toSeconds()) {
            fields.problem("overlap", "is more than " + LONGEST_OVERLAP.toSeconds() + " seconds");
            return Duration.ZERO;
        }
        return Duration.ofMillis(Math.round(seconds * 1000));
    }

    /// Which of the fields that matter a body names, for the audit log.
    private static Map<String, ?> named(Fields fields) {
        return Map.of(
                "named",
                Stream.of("storage_config", "webhook_config", "config", "permissions", "state")
                        .filter(fields.node()::has)
                        .toList());
    }

    private Key found(Handle tx, Request request, long id) {
        return keys.find(tx, request.caller().organisation(), id).orElseThrow(() -> ApiException.notFound("key"));
    }

    private void note(Handle tx, Request request, String action, long id, Map<String, ?> detail) {
        Caller caller = request.caller();
        audit.note(tx, caller, action, "key/" + id, detail, request.id());
    }
}
