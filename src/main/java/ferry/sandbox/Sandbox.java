package ferry.sandbox;

import ferry.http.Exchange;
import ferry.http.WebServer;
import ferry.sandbox.calendars.CalendarService;
import ferry.sandbox.calendars.CalendarStores;
import ferry.sandbox.cloudkit.Containers;
import ferry.sandbox.contacts.AddressBooks;
import ferry.sandbox.contacts.ContactsService;
import ferry.sandbox.drive.DocumentService;
import ferry.sandbox.drive.Drives;
import ferry.sandbox.drive.FileHost;
import ferry.sandbox.drive.TreeService;
import ferry.sandbox.findmy.DeviceLists;
import ferry.sandbox.findmy.FindMyService;
import ferry.sandbox.notes.Notebooks;
import ferry.sandbox.photos.CloudKit;
import ferry.sandbox.photos.ContentHost;
import ferry.sandbox.photos.PhotoLibraries;
import ferry.sandbox.reminders.OldReminders;
import ferry.sandbox.reminders.ReminderBooks;
import ferry.sandbox.sharedalbums.SharedAlbumService;
import ferry.sandbox.sharedalbums.SharedAlbums;
import java.net.BindException;
import java.net.URI;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The simulated iCloud on one port: Apple's hosts become path prefixes, and every address it hands out leads
/// back here. Started by [#start]; whoever started it closes it. Its memory ends with it.
public final class Sandbox implements AutoCloseable {
    private static final String AUTH = "/appleauth/auth";
    private static final String SETUP = "/setup/ws/1";
    /// Where the second region's hosts are.
    private static final String CHINA = "/cn";
    private static final Pattern PARTITION = Pattern.compile("p\\d+");

    private final SandboxClock clock;
    private final SandboxOptions options;
    private final Faults faults = new Faults();
    private final Journal journal = new Journal();
    private final UnderWay underWay = new UnderWay();
    private final Accounts accounts = new Accounts();
    /// By name in the `webservices` map; each is reached at `/p<partition>/<name>`.
    private final Map<String, Service> services = new ConcurrentHashMap<>();
    /// By first segment of the path.
    private final Map<String, OpenService> open = new ConcurrentHashMap<>();

    private final Tokens tokens;
    private final WebSessions web;
    private final AuthSessions signIns;
    private final SignIn signIn;
    private final Setup setup;
    private final ControlDesk desk;
    private final KeyGate gate;
    private final OverLimits overLimits;
    private final PhotoLibraries photos;
    private final AddressBooks contacts = new AddressBooks();
    private final DeviceLists devices;
    private final Notebooks notes;
    private final ReminderBooks reminders;
    private final CalendarStores calendars;
    private final Drives drives;
    private final SharedAlbums sharedAlbums;
    private volatile String url = "";
    private volatile @Nullable WebServer server;

    private Sandbox(SandboxClock clock, SandboxOptions options) {
        this.clock = clock;
        this.options = options;
        tokens = new Tokens(options.seed());
        web = new WebSessions(tokens);
        signIns = new AuthSessions(tokens, clock);
        signIn = new SignIn(accounts, signIns, web, tokens, clock, options, this::url);
        desk = new ControlDesk(accounts, signIns, journal, faults, clock, this::regrow);
        setup = new Setup(accounts, web, tokens, clock, new LoginAnswer(accounts, this::url, services.keySet()));
        gate = new KeyGate(web, clock);
        overLimits = new OverLimits(accounts, clock);
        services.put("account", new AccountService());
        services.put("contacts", new ContactsService(contacts, clock));
        devices = new DeviceLists(clock);
        services.put("findme", new FindMyService(devices, clock));
        photos = new PhotoLibraries(clock, options.defects());
        drives = new Drives(options.defects());
        notes = new Notebooks(this::url, clock);
        reminders = new ReminderBooks(this::url, clock);
        services.put("reminders", new OldReminders(reminders));
        services.put(
                "ckdatabasews",
                new Containers(
                        new CloudKit(photos, this::url, clock, (request, account) -> holds(request, account, "Photos")),
                        Map.of(
                                Notebooks.CONTAINER,
                                notes.service((request, account) -> holds(request, account, "Notes")),
                                ReminderBooks.CONTAINER,
                                reminders.service((request, account) -> holds(request, account, "Reminders")))));
        calendars = new CalendarStores(clock);
        services.put("calendar", new CalendarService(calendars));
        open.put("content", new ContentHost(photos, clock));
        services.put("drivews", new TreeService(drives));
        services.put("docws", new DocumentService(drives, this::url, clock));
        open.put("drive-content", new FileHost(drives, clock));
        sharedAlbums = new SharedAlbums(photos);
        services.put("sharedstreams", new SharedAlbumService(sharedAlbums, this::url, clock));
        open.put(Notebooks.CONTENT, notes.host());
        open.put(ReminderBooks.CONTENT, reminders.host());
    }

    /// What grew from the description of an account's library grows anew from another one.
    private void regrow(Account account) {
        photos.forget(account);
        drives.forget(account);
        notes.forget(account);
        reminders.forget(account);
    }

    /// Starts to listen.
    ///
    /// @param port 0 for a free one
    /// @param clock what sessions, codes and addresses expire by; the control desk moves on from it
    /// @throws BindException where the port is taken
    public static Sandbox start(String host, int port, InstantSource clock, SandboxOptions options)
            throws BindException {
        var sandbox = new Sandbox(new SandboxClock(clock), options);
        var server = WebServer.start(host, port, sandbox::handle);
        sandbox.server = server;
        sandbox.url = server.url();
        return sandbox;
    }

    /// Where it answers, such as `http://127.0.0.1:8081`.
    public String url() {
        return url;
    }

    /// The base of sign-in.
    public URI authUrl() {
        return URI.create(url + "/appleauth/auth");
    }

    /// The base of the account's set-up service.
    public URI setupUrl() {
        return URI.create(url + "/setup/ws/1");
    }

    /// The home page, which requests name as their origin.
    public URI homeUrl() {
        return URI.create(url);
    }

    /// The base of sign-in in the second region, where nobody signs in: accounts of both do so at the first's.
    public URI chinaAuthUrl() {
        return URI.create(url + CHINA + AUTH);
    }

    /// The base of the set-up service in the second region.
    public URI chinaSetupUrl() {
        return URI.create(url + CHINA + SETUP);
    }

    /// The home page of the second region.
    public URI chinaHomeUrl() {
        return URI.create(url + CHINA);
    }

    /// What was asked of it.
    public Journal journal() {
        return journal;
    }

    /// From now on [#mostUnderWay] counts anew.
    public void countUnderWayAnew() {
        underWay.countAnew();
    }

    /// The most requests that a service had under way at once, since the start or since it was counted anew.
    ///
    /// @param service such as `ckdatabasews` or `content`
    public int mostUnderWay(String service) {
        return underWay.most(service);
    }

    /// Who lives in it.
    public Accounts accounts() {
        return accounts;
    }

    /// Everyone's photo libraries, for tests to change while a connector is at work.
    public PhotoLibraries photos() {
        return photos;
    }

    /// Everyone's contacts, for tests to change while a connector is at work.
    public AddressBooks contacts() {
        return contacts;
    }

    /// Everyone's devices as Find My lists them, for tests to change while a connector is at work.
    public DeviceLists devices() {
        return devices;
    }

    /// Everyone's notes, for tests to change while a connector is at work.
    public Notebooks notes() {
        return notes;
    }

    /// Everyone's reminders, for tests to change while a connector is at work.
    public ReminderBooks reminders() {
        return reminders;
    }

    /// Whether the request may see that kind of protected data as it is.
    private boolean holds(Exchange exchange, Account account, String key) {
        return !account.has(Trait.ADP) || web.carriesKey(exchange, account, key, clock.instant());
    }

    /// Everyone's calendars, for tests to change while a connector is at work.
    public CalendarStores calendars() {
        return calendars;
    }

    /// Everyone's drives, for tests to change while a connector is at work.
    public Drives drives() {
        return drives;
    }

    /// Everyone's shared albums, for tests to change while a connector is at work.
    public SharedAlbums sharedAlbums() {
        return sharedAlbums;
    }

    /// Mounts a service of accounts before any request is made.
    void mount(String name, Service service) {
        services.put(name, service);
    }

    @Override
    public void close() {
        var running = server;
        if (running != null) {
            running.close();
        }
    }

    /// The code that would be accepted for the account now, if one was shown or sent.
    public Optional<String> codeShown(String identifier) {
        return accounts.find(identifier).flatMap(signIns::shown);
    }

    /// Where a test in another process sees and sets what this one can by these methods; see `docs/sandbox.md`.
    public URI controlUrl() {
        return URI.create(url + ControlDesk.PATH);
    }

    private void handle(Exchange plain) throws Exception {
        if (plain.path().startsWith(ControlDesk.PATH + "/")) {
            desk.handle(plain, plain.path().substring(ControlDesk.PATH.length()));
            return;
        }
        var inChina = plain.path().startsWith(CHINA + "/");
        var path = inChina ? plain.path().substring(CHINA.length()) : plain.path();
        var first = segment(path);
        var service = PARTITION.matcher(first).matches() ? segment(path.substring(first.length() + 1)) : first;
        underWay.begins(service);
        try {
            wait(service);
            answer(new JournaledExchange(plain, journal, clock), path, first, inChina);
        } finally {
            underWay.ends(service);
        }
    }

    private void answer(JournaledExchange exchange, String path, String first, boolean inChina) throws Exception {
        if (Journal.forbidden(exchange.method(), path)) {
            Replies.json(exchange, 403, Replies.object().put("error", "FORBIDDEN"));
            return;
        }
        if (faults.answers(exchange, "")) {
            return;
        }
        if (inChina && path.startsWith(AUTH)) {
            Replies.json(exchange, 401, Refusals.refusal("-20101", "No such account."));
        } else if (path.startsWith(AUTH)) {
            signIn.handle(exchange, path.substring(AUTH.length()));
        } else if (path.startsWith(SETUP)) {
            setup.handle(exchange, path.substring(SETUP.length()), inChina);
        } else if (open.containsKey(first)) {
            Objects.requireNonNull(open.get(first)).handle(exchange, path.substring(first.length() + 1));
        } else if (PARTITION.matcher(first).matches()) {
            service(exchange, first, path.substring(first.length() + 1));
        } else {
            Replies.empty(exchange, path.equals("/") ? 200 : 404);
        }
    }

    /// A service of an account, behind the checks that all of them share.
    private void service(JournaledExchange exchange, String partition, String path) throws Exception {
        var name = segment(path);
        var service = services.get(name);
        if (service == null) {
            Replies.empty(exchange, 404);
            return;
        }
        var account = web.of(exchange, clock.instant()).flatMap(session -> accounts.find(session.account()));
        if (account.isEmpty()) {
            Setup.refused(exchange, 421, "Missing " + WebSessions.COOKIE + " cookie");
            return;
        }
        exchange.of(account.get());
        var memory = accounts.memory(account.get());
        if (!partition.equals("p" + memory.partition()) || !dsid(exchange, account.get())) {
            Setup.refused(exchange, 421, "Misdirected Request");
            return;
        }
        memory.served(account.get().has(Trait.MOVING_PARTITION));
        if (!faults.answers(exchange, account.get().identifier())
                && gate.opens(exchange, account.get(), name)
                && !overLimits.answers(exchange, account.get(), name)) {
            service.handle(exchange, account.get(), path.substring(name.length() + 1));
        }
    }

    /// Who names an account must name the one of the session.
    private static boolean dsid(Exchange exchange, Account account) {
        return Stream.of(exchange.query().split("&", -1))
                .filter(parameter -> parameter.startsWith("dsid="))
                .allMatch(parameter -> parameter.equals("dsid=" + account.dsid()));
    }

    private void wait(String service) throws InterruptedException {
        var latency = options.latencyOf(service);
        if (!latency.isZero()) {
            Thread.sleep(latency);
        }
    }

    private static String segment(String path) {
        if (path.isEmpty()) {
            return "";
        }
        var end = path.indexOf('/', 1);
        return end < 0 ? path.substring(1) : path.substring(1, end);
    }
}
