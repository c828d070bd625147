package ferry.storage.gcs;

import ferry.egress.Call;
import ferry.egress.Outbound;
import ferry.storage.Lanes;
import ferry.storage.PublishException;
import ferry.storage.PublishException.Refused;
import ferry.storage.PublishException.Unavailable;
import ferry.storage.Retries;
import ferry.storage.Unreachable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Sends calls to Google Cloud Storage, again where that may help, and says what is wrong where it does not.
final class GcsCalls {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final int ANSWER_BYTES = 1024 * 1024;

    private final String bucket;
    private final String where;
    private final ServiceAccount account;
    private final Outbound outbound;
    private final Lanes lanes;
    private final Tokens tokens;
    private final Retries retries;

    /// @param where what messages call the store
    /// @param lanes to the bucket
    GcsCalls(
            String bucket,
            String where,
            ServiceAccount account,
            Outbound outbound,
            Lanes lanes,
            Tokens tokens,
            Retries retries) {
        this.bucket = bucket;
        this.where = where;
        this.account = account;
        this.outbound = outbound;
        this.lanes = lanes;
        this.tokens = tokens;
        this.retries = retries;
    }

    /// What came back.
    ///
    /// @param location the header of that name
    /// @param range the header of that name: what a session has of its object
    /// @param bytes its first ones
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Reply(int status, Optional<String> location, Optional<String> range, byte[] bytes) {
        /// Empty where it was no JSON.
        JsonNode body() {
            return json(bytes);
        }

        boolean passes() {
            return status == 408 || status == 429 || status >= 500;
        }
    }

    /// Makes the call of an attempt; each makes its own, since a body is read once.
    @FunctionalInterface
    interface Making {
        Call call() throws PublishException, InterruptedException, IOException;
    }

    /// Sends with a token until the answer is one that trying again would not change. A refused token is renewed
    /// once.
    ///
    /// @return any answer but those that pass
    /// @throws Unavailable where it did not pass in time
    Reply send(Making making) throws PublishException, InterruptedException {
        boolean renewed = false;
        for (int failed = 1; ; failed++) {
            try {
                var token = tokens.current();
                var reply = once(making.call().with("Authorization", "Bearer " + token.reveal()));
                if (reply.status() == 401 && !renewed) {
                    tokens.refused(token);
                    renewed = true;
                    continue;
                }
                if (!reply.passes()) {
                    return reply;
                }
                if (failed >= retries.attempts()) {
                    throw busy();
                }
            } catch (IOException e) {
                stopIfInterrupted(e);
                if (failed >= retries.attempts() || Unreachable.of(where, e) instanceof Refused) {
                    throw Unreachable.of(where, e);
                }
            }
            pause(failed);
        }
    }

    /// Sends once, without a token: to a session, whose URL is the permission.
    Reply once(Call call) throws IOException {
        try (var answer = lanes.send(() -> outbound.send(call))) {
            return new Reply(
                    answer.status(), answer.header("Location"), answer.header("Range"), answer.bytes(ANSWER_BYTES));
        }
    }

    /// Waits before the next attempt.
    void pause(int failed) throws InterruptedException {
        Thread.sleep(retries.wait(failed));
    }

    /// Whether another attempt is allowed.
    boolean mayRetry(int failed) {
        return failed < retries.attempts();
    }

    /// Passes an interrupt on that ended a call.
    static void stopIfInterrupted(IOException e) throws InterruptedException {
        if (Thread.interrupted()
                || Unreachable.cause(e, InterruptedIOException.class).isPresent()) {
            throw new InterruptedException("stopped while calling Google Cloud Storage");
        }
    }

    /// It did not pass.
    Unavailable busy() {
        return new Unavailable(where + " is too busy or out of order at the moment.", null);
    }

    /// No answer at all.
    PublishException unreachable(IOException e) {
        return Unreachable.of(where, e);
    }

    /// Says what an answer means that is not the one hoped for.
    PublishException failure(GcsAction action, Reply reply) {
        var reason =
                reply.body().path("error").path("errors").path(0).path("reason").asString("");
        return switch (reply.status()) {
            case 401 ->
                new Refused("Google Cloud Storage accepts no token of service account " + account.email() + ".", null);
            case 403 ->
                reason.equals("userProjectAccountProblem") || reason.equals("accountDisabled")
                        ? new Refused(
                                "The Google Cloud project of bucket " + bucket + " is disabled or has no billing.",
                                null)
                        : denied(missing(action, reply));
            case 404 -> new Refused("There is no bucket " + bucket + " at " + where + ".", null);
            case 400 ->
                reply.body().path("error").path("message").asString("").matches("(?s).*(MD5|CRC32C|hash|checksum).*")
                        ? new Unavailable("What arrived at bucket " + bucket + " is not what was sent.", null)
                        : other(reply, reason);
            case 408, 429, 500, 502, 503, 504 -> busy();
            default -> other(reply, reason);
        };
    }

    /// Whether an answer says that an object must not be replaced.
    boolean mayNotReplace(Reply reply) {
        return reply.status() == 403 && missing(GcsAction.PUT, reply) == GcsAction.DELETE;
    }

    private Refused other(Reply reply, String reason) {
        return new Refused(
                where + " refused bucket " + bucket + ": "
                        + (reason.matches("[A-Za-z]{1,60}") ? reason : "status " + reply.status()) + ".",
                null);
    }

    /// Google names the permission that is missing: to replace an object takes the one to delete it.
    private static GcsAction missing(GcsAction action, Reply reply) {
        var message = reply.body().path("error").path("message").asString("");
        for (var other : GcsAction.values()) {
            if (message.contains(other.permission())) {
                return other;
            }
        }
        return action;
    }

    private Refused denied(GcsAction missing) {
        return new Refused(
                "Service account " + account.email() + " may not " + missing.words() + " bucket " + bucket
                        + ": it lacks the permission " + missing.permission() + ", which the role " + missing.role()
                        + " brings.",
                null);
    }

    private static JsonNode json(byte[] bytes) {
        try {
            return bytes.length == 0 ? JSON.createObjectNode() : JSON.readTree(bytes);
        } catch (JacksonException _) {
            return JSON.createObjectNode();
        }
    }
}
