package ferry.connector.icloud;

import ferry.connector.ConnectorException;
import ferry.connector.ConnectorException.Refused;
import ferry.connector.ConnectorException.SessionLost;
import ferry.connector.ConnectorException.Unavailable;
import ferry.connector.FileAnswers;
import ferry.connector.Limits.HostClass;
import ferry.connector.Reading;
import ferry.connector.icloud.web.Calls;
import ferry.connector.icloud.web.Json;
import ferry.crypto.Secret;
import ferry.egress.Answer;
import ferry.egress.Call;
import ferry.egress.EgressRefused;
import ferry.egress.Header;
import ferry.egress.Outbound;
import ferry.error.ErrorCode;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The calls of one reading: adds cookies, base parameters and account id, takes turns from the account's limits,
/// refreshes the session where it must, and sorts failures by who can act. Thread-safe.
///
/// A refresh is validate, then accountLogin with the stored tokens; never the password (icloud-protocol 1.9). One
/// chain of attempts at a request refreshes at most that far. Where that opens the session and the service refuses all
/// the same, the service is refused and no other (R15); where it does not, the session is lost (R9, R10).
public final class ServiceCalls implements Calls {
    private static final String CLOUDKIT = "ckdatabasews";
    /// Services that browsers send text to, so that they need not ask first.
    private static final Set<String> AS_A_BROWSER = Set.of(CLOUDKIT, "sharedstreams");
    private static final String SETUP = "setup";
    /// Services whose paths hold nothing but names of theirs.
    private static final Set<String> PLAIN_PATHS = Set.of(CLOUDKIT, "account", "findme");
    private static final int TRIES = 4;
    private static final int REDIRECTS = 5;
    /// A longer wait is left to the task, which then makes room for others.
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    /// An over-used account is locked out longer with every failed try (R14).
    private static final Duration LOCKOUT = Duration.ofHours(4);

    private final Outbound outbound;
    private final ICloudSettings settings;
    private final InstantSource clock;
    private final Reading reading;
    private final Pause pause;
    private final FileAnswers fileAnswers;
    private final Origins origins;
    private final Wire wire;
    private final Setup setup;
    private final Consent consent;
    private final ReentrantLock refreshing = new ReentrantLock();
    private volatile Loaded current;
    private volatile boolean consentSeen;
    /// Services that went on refusing after the session was opened anew; it is not opened again for their sake.
    private final Set<String> shut = ConcurrentHashMap.newKeySet();

    /// A session as this reading uses it now, and the secret it came from.
    private record Loaded(Secret sealed, WebSession session) {}

    /// Waits. A test's does not.
    @FunctionalInterface
    public interface Pause {
        /// Returns after so long.
        void pause(Duration wait) throws InterruptedException;
    }

    /// One attempt at a request, for the session as it is then.
    @FunctionalInterface
    private interface Attempt {
        Sent send(WebSession session) throws IOException, ConnectorException, InterruptedException;
    }

    private record Sent(URI url, Reply reply) {}

    private enum Verdict {
        FINE,
        BUSY,
        STALE,
        NO_ACCESS,
        NO_CONSENT,
        NOT_ACTIVATED,
        FAILED
    }

    /// Reads with the session of that reading.
    ///
    /// @param fileAnswers counts those of content hosts
    public ServiceCalls(
            Outbound outbound,
            ICloudSettings settings,
            InstantSource clock,
            Reading reading,
            Pause pause,
            FileAnswers fileAnswers) {
        this.fileAnswers = fileAnswers;
        this.outbound = outbound;
        this.settings = settings;
        this.clock = clock;
        this.reading = reading;
        this.pause = pause;
        origins = new Origins(settings);
        wire = new Wire(outbound, settings);
        setup = new Setup(wire, settings, clock);
        consent = new Consent(setup, clock);
        current = load(reading.access().current());
    }

    @Override
    public JsonNode get(String service, String path, Map<String, String> query)
            throws ConnectorException, InterruptedException {
        return call(service, path, session -> send(session, "GET", service, path, query, null));
    }

    @Override
    public JsonNode post(String service, String path, Map<String, String> query, JsonNode body)
            throws ConnectorException, InterruptedException {
        return call(service, path, session -> send(session, "POST", service, path, query, body));
    }

    /// Errors name the call alone: addresses hold people's numbers.
    @Override
    public JsonNode postAt(String service, String address, Map<String, String> query, JsonNode body)
            throws ConnectorException, InterruptedException {
        var path = address.substring(Math.max(0, address.lastIndexOf('/')));
        return call(service, path, session -> send(session, "POST", service, address, query, body));
    }

    @Override
    public String number() {
        return current.session().get(WebSession.Held.DSID, "");
    }

    /// POST on the setup base.
    ///
    /// @param path without a leading slash, such as `storageUsageInfo`
    public JsonNode setup(String path, JsonNode body) throws ConnectorException, InterruptedException {
        return call(SETUP, "/" + path, session -> {
            var base = settings.region(session.inChina()).setup();
            return new Sent(base, setup.post(session, path, body.toString(), reading.limits()));
        });
    }

    /// Whether the account has this service.
    @Override
    public boolean has(String service) {
        return current.session().service(service).isPresent();
    }

    @Override
    public boolean consent(String service, String path) throws ConnectorException, InterruptedException {
        return consent(current, service + path);
    }

    /// One GET of a content URL as received, without cookies, from byte `from`. Follows redirects itself. The answer
    /// may have any status but a busy one; the caller looks and closes it.
    @Override
    public Answer content(String url, long from) throws ConnectorException, InterruptedException {
        return content(url, from, false);
    }

    @Override
    public Answer withSession(String url, long from) throws ConnectorException, InterruptedException {
        return content(url, from, true);
    }

    @Override
    public void pause(Duration wait) throws InterruptedException {
        pause.pause(wait);
    }

    private Answer content(String url, long from, boolean withCookies) throws ConnectorException, InterruptedException {
        var start = origins.follow(url);
        for (var attempt = 1; ; attempt++) {
            try {
                var answer = followed(start, from, withCookies);
                fileAnswers.count(answer.status() == 410);
                if (answer.status() != 429 && answer.status() != 503) {
                    return answer;
                }
                var reply = new Reply(answer.status(), retryAfter(answer), "", Optional.empty());
                answer.close();
                wire.forget(start);
                waitOrLeave(HostClass.CONTENT, reply, attempt, "a file");
            } catch (IOException e) {
                afterLoss(e, start, attempt, "a file");
            }
        }
    }

    /// Signs out at Apple, as far as it still knows the session; a session that is gone already is fine.
    void signOut() throws ConnectorException, InterruptedException {
        var session = current.session();
        try {
            var body = Json.object().put("trustBrowser", false).put("allBrowsers", false);
            var reply = setup.post(session, "logout", body.toString(), reading.limits());
            if (reply.isBusy()) {
                throw unavailable(reply, 1, "logout");
            }
        } catch (IOException e) {
            Wire.throwIfInterrupted();
            throw unreachable("logout");
        }
    }

    /// The account as Apple describes it now; renews the session's map of services on the way.
    JsonNode account() throws ConnectorException, InterruptedException {
        return call(SETUP, "/validate", session -> {
            var base = settings.region(session.inChina()).setup();
            var reply = setup.post(session, "validate", "null", reading.limits());
            Setup.refuseLocked(reply.tree());
            return new Sent(base, Setup.describesAccount(reply) ? reply : reply.as(421));
        });
    }

    private JsonNode call(String service, String path, Attempt attempt)
            throws ConnectorException, InterruptedException {
        var host = host(service);
        var what = named(service, path);
        var refreshes = 0;
        var consented = false;
        for (var tries = 1; ; tries++) {
            var used = current;
            var where = settings.region(used.session().inChina()).setup();
            try {
                var sent = attempt.send(used.session());
                where = sent.url();
                var reply = sent.reply();
                switch (verdict(host, reply)) {
                    case FINE -> {
                        shut.remove(service);
                        if (asksToWait(reply, tries)) {
                            waitOrLeave(host, reply, tries, what);
                            continue;
                        }
                        return reply.json().orElseGet(Json::object);
                    }
                    case BUSY -> {
                        if (reply.status() == 503) {
                            wire.forget(where);
                        }
                        waitOrLeave(host, reply, tries, what);
                    }
                    case STALE -> {
                        if (refreshes == 2 || shut.contains(service)) {
                            throw shut(service, what, reply);
                        }
                        if (reply.meant() == 421) {
                            wire.forget(where);
                        }
                        try {
                            refresh(used, refreshes++);
                        } catch (SessionLost lost) {
                            // What ends by itself while the account's own session holds, as was just seen
                            // (icloud-protocol 1.9).
                            throw refreshes == 2 && reply.meant() == 450 ? shut(service, what, reply) : lost;
                        }
                    }
                    case NO_CONSENT -> {
                        if (consented) {
                            throw Consent.refused();
                        }
                        consent(used, service + path);
                        consented = true;
                    }
                    case NO_ACCESS -> {
                        if (consented || !consent(used, service + path)) {
                            throw lockedOut(host);
                        }
                        consented = true;
                    }
                    case NOT_ACTIVATED -> throw notActivated(what);
                    case FAILED ->
                        throw new Refused(
                                ErrorCode.SERVICE_UNAVAILABLE,
                                "The source answered " + (reply.isSuccess() ? "an error" : reply.meant()) + " to "
                                        + what + ".");
                }
            } catch (IOException e) {
                afterLoss(e, where, tries, what);
            }
        }
    }

    private Sent send(
            WebSession session,
            String method,
            String service,
            String path,
            Map<String, String> query,
            @Nullable JsonNode body)
            throws IOException, ConnectorException, InterruptedException {
        var entry = session.service(service).orElseThrow(() -> notActivated(service));
        if (entry.pcsRequired() && session.protectedData() && !consentSeen) {
            if (consent.isMissing(session, service + path)) {
                consent(current, service + path);
            }
            consentSeen = true;
        }
        var root =
                entry.url().endsWith("/") ? entry.url().substring(0, entry.url().length() - 1) : entry.url();
        // A whole address was given out by the service, and stands for itself.
        var url = origins.follow((path.startsWith("/") ? root : "") + path + "?" + setup.query(session, query));
        var type = AS_A_BROWSER.contains(service) ? "text/plain" : "application/json";
        var bytes = Optional.ofNullable(body).map(json -> json.toString().getBytes(StandardCharsets.UTF_8));
        try (var _ = reading.limits().stream(host(service))) {
            reading.limits().turn(host(service));
            return new Sent(url, wire.send(session, method, url, setup.headers(session, type), bytes));
        }
    }

    private static Verdict verdict(HostClass host, Reply reply) {
        var code = reply.serverErrorCode();
        if (code.equals("ZONE_NOT_FOUND")
                || (code.equals("AUTHENTICATION_FAILED") && reply.body().contains("not complete"))) {
            return Verdict.NOT_ACTIVATED;
        }
        if (code.equals("ACCESS_DENIED")) {
            return Verdict.NO_ACCESS;
        }
        var status = reply.meant();
        if (status == 423 || (status == 400 && reply.body().contains("PCS"))) {
            return Verdict.NO_CONSENT;
        }
        if (reply.isBusy() || status == 330) {
            return Verdict.BUSY;
        }
        if (status == 401
                || status == 403
                || status == 421
                || status == 450
                || code.equals("AUTHENTICATION_FAILED")
                || code.equals("AUTHENTICATION_REQUIRED")
                || reply.saysSessionIsOver()) {
            return Verdict.STALE;
        }
        // CloudKit's own codes are sorted by who asked for records.
        if (!reply.isSuccess() || (reply.isError() && (host != HostClass.CLOUDKIT || code.isEmpty()))) {
            return Verdict.FAILED;
        }
        // A page of HTML with status 200 is an error in disguise; nothing at all is an empty service.
        var blank = reply.body().isBlank() || reply.body().strip().equals("null");
        return reply.json().isPresent() || blank ? Verdict.FINE : Verdict.BUSY;
    }

    /// Whether parts of a good answer ask to come back later. Records count where all of them do, and once: some may
    /// never come well, which is the reader's affair (R17).
    private static boolean asksToWait(Reply reply, int tries) {
        boolean parts =
                Stream.of("zones", "batch").flatMap(list -> parts(reply, list)).anyMatch(Reply::isBusy);
        boolean records = parts(reply, "records").findAny().isPresent()
                && parts(reply, "records").allMatch(Reply::isBusy);
        return parts ? tries < TRIES : records && tries == 1;
    }

    /// The codes of what went wrong with each part, empty where nothing did.
    private static Stream<String> parts(Reply reply, String list) {
        return reply.tree()
                .path(list)
                .valueStream()
                .map(part -> part.path("serverErrorCode").asString(""));
    }

    /// Waits before the next try, or leaves the source to a later task (R19).
    private void waitOrLeave(HostClass host, Reply reply, int tries, String what)
            throws Unavailable, InterruptedException {
        var busy = unavailable(reply, tries, what);
        reading.limits().throttled(host, busy.retryAfter());
        if (tries >= TRIES || busy.retryAfter().compareTo(LONGEST_PAUSE) > 0) {
            throw busy;
        }
        pause.pause(busy.retryAfter());
    }

    private Unavailable unavailable(Reply reply, int tries, String what) {
        var wait = reply.retryAfter(clock.instant()).orElseGet(() -> backOff(Duration.ofSeconds(5), tries));
        var code = reply.busyCode();
        var detail = code == ErrorCode.QUOTA_EXCEEDED
                ? "The account's storage at the source is full; its owner can free or buy some."
                : "The source is busy (" + reply + " to " + what + ").";
        return new Unavailable(wait, code, detail);
    }

    /// A connection that broke is opened anew a few times.
    private void afterLoss(IOException e, URI where, int tries, String what)
            throws ConnectorException, InterruptedException {
        Wire.throwIfInterrupted();
        if (e instanceof EgressRefused) {
            throw new Refused(ErrorCode.SERVICE_UNAVAILABLE, "The source's address may not be called from here.");
        }
        wire.forget(where);
        if (tries >= TRIES) {
            throw unreachable(what);
        }
        pause.pause(backOff(Duration.ofMillis(500), tries));
    }

    private static Unavailable unreachable(String what) {
        return new Unavailable(
                Duration.ofMinutes(1), ErrorCode.SERVICE_UNAVAILABLE, "The source could not be reached for " + what);
    }

    /// Doubles with each try, at most 60 s, give or take a quarter.
    private static Duration backOff(Duration first, int tries) {
        var millis = Math.min(60_000, first.toMillis() << Math.min(tries - 1, 10));
        return Duration.ofMillis(millis * 3 / 4 + ThreadLocalRandom.current().nextLong(millis / 2 + 1));
    }

    /// @param step 0: see whether the session still holds, and open it anew where not; 1: open it anew in any case
    private void refresh(Loaded stale, int step) throws ConnectorException, InterruptedException {
        refreshing.lockInterruptibly();
        try {
            if (current.session() != stale.session()) {
                return; // another thread of this task was faster
            }
            var newest = reading.access().current();
            if (!newest.equals(stale.sealed())) {
                current = load(newest); // another task was faster
                return;
            }
            var session = WebSession.of(stale.session().toJson(), clock);
            adopt(stale, session, reopened(session, step));
        } catch (IOException e) {
            Wire.throwIfInterrupted();
            throw unreachable("a refresh of the session");
        } finally {
            refreshing.unlock();
        }
    }

    private Setup.State reopened(WebSession session, int step)
            throws IOException, ConnectorException, InterruptedException {
        var limits = reading.limits();
        if (step == 0 && setup.validate(session, limits) instanceof Setup.State.Ready ready) {
            return ready;
        }
        return setup.login(session, limits);
    }

    private void adopt(Loaded stale, WebSession session, Setup.State state) throws SessionLost {
        switch (state) {
            case Setup.State.Ready _ -> store(stale, session);
            case Setup.State.FactorNeeded _ -> throw new SessionLost("The source asks for a second factor to go on.");
            case Setup.State.Rejected(var status) ->
                throw new SessionLost("The source does not renew the session (" + status + ").");
        }
    }

    /// Writes a changed session back; where another task was faster, its session is used.
    private void store(Loaded stale, WebSession session) {
        var sealed = session.seal();
        var newest = reading.access().replace(stale.sealed(), sealed);
        current = newest.equals(sealed) ? new Loaded(sealed, session) : load(newest);
    }

    /// Gets the owner's consent to read protected data, or tells the task to come back.
    ///
    /// @return false where no consent is missing, so that something else must be wrong
    private boolean consent(Loaded used, String what) throws ConnectorException, InterruptedException {
        refreshing.lockInterruptibly();
        try {
            if (current.session() != used.session()) {
                return true; // another thread of this task was faster
            }
            for (var refreshes = 0; refreshes <= 2; refreshes++) {
                var asking = current;
                try {
                    return consent.obtain(asking.session(), what, reading.limits());
                } catch (Consent.SessionOver _) {
                    if (refreshes == 2) {
                        break;
                    }
                    refresh(asking, refreshes);
                } finally {
                    if (current.session() == asking.session()) {
                        store(asking, asking.session());
                    }
                }
            }
            throw Consent.silent();
        } catch (IOException e) {
            Wire.throwIfInterrupted();
            throw unreachable("the owner's consent");
        } finally {
            refreshing.unlock();
        }
    }

    private Answer followed(URI start, long from, boolean withCookies)
            throws IOException, ConnectorException, InterruptedException {
        var url = start;
        for (var redirects = 0; redirects <= REDIRECTS; redirects++) {
            reading.limits().turn(HostClass.CONTENT);
            var headers = contentHeaders(from);
            if (withCookies) {
                current.session().cookies().header(url).ifPresent(all -> headers.add(new Header("Cookie", all)));
            }
            var answer = outbound.send(new Call("GET", url, headers, Optional.empty(), settings.contentTimeout()));
            var location = answer.header("Location");
            if (!redirects(answer.status()) || location.isEmpty()) {
                return answer;
            }
            answer.close();
            url = origins.follow(url, location.orElseThrow());
        }
        throw new Refused(ErrorCode.NOT_RETRIEVABLE, "The source redirects a file in circles.");
    }

    /// 330 is Apple's own (icloud-protocol 1.12).
    private static boolean redirects(int status) {
        return (status >= 300 && status <= 308 && status != 304) || status == 330;
    }

    private List<Header> contentHeaders(long from) {
        var home = settings.region(current.session().inChina()).home();
        var headers = new ArrayList<Header>();
        headers.add(new Header("User-Agent", settings.userAgent()));
        headers.add(new Header("Accept", "*/*"));
        headers.add(new Header("Origin", home.toString()));
        headers.add(new Header("Referer", home + "/"));
        if (from > 0) {
            headers.add(new Header("Range", "bytes=" + from + "-"));
        }
        return headers;
    }

    private static Map<String, String> retryAfter(Answer answer) {
        return answer.header("Retry-After")
                .map(value -> Map.of("retry-after", value))
                .orElse(Map.of());
    }

    private Loaded load(Secret sealed) {
        return new Loaded(sealed, WebSession.open(sealed, clock));
    }

    /// What a call is called in errors, which people see: ids of events and other people's numbers stand further
    /// behind.
    private static String named(String service, String path) {
        if (PLAIN_PATHS.contains(service)) {
            return service + path;
        }
        return Stream.of(path.split("/", -1)).skip(1).limit(2).collect(Collectors.joining("/", service + "/", ""));
    }

    private static HostClass host(String service) {
        return switch (service) {
            case "account", SETUP -> HostClass.SETUP;
            case CLOUDKIT -> HostClass.CLOUDKIT;
            default -> HostClass.LISTING;
        };
    }

    /// The session holds, so that the account's other services may go on (R15).
    private Refused shut(String service, String what, Reply reply) {
        shut.add(service);
        return new Refused(
                ErrorCode.SERVICE_UNAVAILABLE,
                "The source answered " + reply.meant() + " to " + what + " though the session holds.");
    }

    private static Refused notActivated(String what) {
        return new Refused(
                ErrorCode.NOT_ACTIVATED,
                "The owner has never opened this service (" + what + "); they can do so at icloud.com.");
    }

    /// No task of the account asks that host again before: each try makes it last longer (R14).
    private Unavailable lockedOut(HostClass host) {
        reading.limits().throttled(host, LOCKOUT);
        return new Unavailable(
                LOCKOUT,
                ErrorCode.THROTTLED,
                "The source denies access to the data though it is allowed: the account was read too often.");
    }
}
