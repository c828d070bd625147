package ferry.connector.icloud;

import ferry.connector.ConnectorException.Refused;
import ferry.connector.ConnectorException.Unavailable;
import ferry.connector.Limits;
import ferry.connector.icloud.WebSession.Held;
import ferry.connector.icloud.web.Json;
import ferry.error.ErrorCode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import tools.jackson.databind.JsonNode;

/// The owner's consent, given on a device of theirs, to read data under Advanced Data Protection (icloud-protocol
/// 1.11, R13). Each call makes one step; between steps the task waits elsewhere.
final class Consent {
    /// Often while the owner is likely to have the device at hand, then less: a task that gets no further is given up
    /// after twenty looks.
    private static final Duration NEXT_LOOK = Duration.ofSeconds(10);
    private static final Duration LATER_LOOK = Duration.ofSeconds(20);
    private static final Duration AT_HAND = Duration.ofMinutes(1);
    /// After that the owner has evidently not seen the request.
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private static final Duration NO_ANSWER = Duration.ofMinutes(1);

    private final Setup setup;
    private final InstantSource clock;

    Consent(Setup setup, InstantSource clock) {
        this.setup = setup;
        this.clock = clock;
    }

    /// One application whose cookies open its data.
    ///
    /// @param cookies all of which must be there
    private record App(String name, List<String> cookies) {
        static App of(String what) {
            if (what.contains("com.apple.notes")) {
                return new App("notes3", List.of("X-APPLE-WEBAUTH-PCS-Notes"));
            }
            if (what.contains("com.apple.reminders")) {
                return new App("reminders", List.of("X-APPLE-WEBAUTH-PCS-Reminders"));
            }
            if (what.startsWith("drivews") || what.startsWith("docws")) {
                return new App("iclouddrive", List.of("X-APPLE-WEBAUTH-PCS-Documents"));
            }
            return new App("photos", List.of("X-APPLE-WEBAUTH-PCS-Photos", "X-APPLE-WEBAUTH-PCS-Sharing"));
        }

        boolean isOpen(WebSession session) {
            return cookies.stream().allMatch(session.cookies()::has);
        }
    }

    /// Whether this request lacks the cookies that only consent brings.
    boolean isMissing(WebSession session, String what) {
        return !App.of(what).isOpen(session);
    }

    /// Another session than this one has to ask.
    static final class SessionOver extends Exception {
        private static final long serialVersionUID = 1L;

        private SessionOver() {
            super("the session is over", null, false, false);
        }
    }

    /// Makes the next step. What it learns stays in the session, which must be stored whatever happens.
    ///
    /// @param what service and path of the request that needs it
    /// @return whether consent was what lacked and is there now; false where the account needs none
    /// @throws Unavailable while the owner's device is being waited for, and where the source does not answer the
    ///     question: then nothing is known
    boolean obtain(WebSession session, String what, Limits limits)
            throws IOException, Refused, Unavailable, SessionOver, InterruptedException {
        var access = answer(setup.post(session, "requestWebAccessState", "{}", limits), limits);
        if (Boolean.FALSE.equals(Json.maybeFlag(access, "isWebAccessAllowed"))) {
            throw Setup.noWebAccess(session.isManaged());
        }
        var protectedData = Json.maybeFlag(access, "isICDRSDisabled");
        if (protectedData == null) {
            throw silent();
        }
        if (!protectedData) {
            return false;
        }
        if (!Json.flag(access, "isDeviceConsentedForPCS")) {
            askOwner(session, limits);
            throw waiting(session);
        }
        var app = App.of(what);
        var body = Json.object().put("appName", app.name()).put("derivedFromUserAction", true);
        var said = setup.post(session, "requestPCS", body.toString(), limits);
        if (said.meant() == 400) {
            throw new Refused(
                    ErrorCode.NOT_AVAILABLE,
                    "The source has no way for a browser to get the keys of this kind of protected data.");
        }
        var reply = answer(said, limits);
        if ("success".equals(Json.text(reply, "status"))) {
            if (app.isOpen(session)) {
                session.set(Held.CONSENT_ASKED, null);
                return true;
            }
            throw refused();
        }
        var message = Json.text(reply, "message");
        if (message == null) {
            throw silent();
        }
        if (message.startsWith("Requested the device to upload cookies")
                || message.startsWith("Cookies not available yet on server")) {
            if (session.get(Held.CONSENT_ASKED) == null) {
                session.set(Held.CONSENT_ASKED, clock.instant().toString());
            }
            throw waiting(session);
        }
        throw refused();
    }

    static Refused refused() {
        return new Refused(
                ErrorCode.CONSENT_REQUIRED, "The owner must allow access to protected data on one of their devices.");
    }

    /// Shows the question on the owner's devices, once until it is answered or given up; again where the source says
    /// that it has not shown it.
    private void askOwner(WebSession session, Limits limits)
            throws IOException, Unavailable, SessionOver, InterruptedException {
        if (session.get(Held.CONSENT_ASKED) == null) {
            var reply = answer(setup.post(session, "enableDeviceConsentForPCS", "{}", limits), limits);
            if (Json.flag(reply, "isDeviceConsentNotificationSent")) {
                session.set(Held.CONSENT_ASKED, clock.instant().toString());
            }
        }
    }

    /// What a call answered, if it did: no failure of it tells what the owner has done.
    private JsonNode answer(Reply reply, Limits limits) throws Unavailable, SessionOver {
        if (reply.isBusy()) {
            throw setup.busy(reply, limits);
        }
        switch (reply.meant()) {
            case 401, 403, 421, 450 -> throw new SessionOver();
            default -> {
                if (reply.saysSessionIsOver()) {
                    throw new SessionOver();
                }
            }
        }
        if (!reply.isSuccess() || reply.json().isEmpty()) {
            throw silent();
        }
        return reply.tree();
    }

    static Unavailable silent() {
        return new Unavailable(
                NO_ANSWER,
                ErrorCode.SERVICE_UNAVAILABLE,
                "The source did not answer whether the owner allows access to protected data.");
    }

    private Unavailable waiting(WebSession session) throws Refused {
        var asked = session.get(Held.CONSENT_ASKED);
        var waited = asked == null ? Duration.ZERO : Duration.between(Instant.parse(asked), clock.instant());
        if (waited.compareTo(PATIENCE) > 0) {
            session.set(Held.CONSENT_ASKED, null);
            throw refused();
        }
        return new Unavailable(
                waited.compareTo(AT_HAND) < 0 ? NEXT_LOOK : LATER_LOOK,
                ErrorCode.CONSENT_REQUIRED,
                "Waiting for the owner to allow access on one of their devices.");
    }
}
