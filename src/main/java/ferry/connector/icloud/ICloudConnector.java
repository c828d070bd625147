package ferry.connector.icloud;

import ferry.connector.Catalogue;
import ferry.connector.Connector;
import ferry.connector.ConnectorException;
import ferry.connector.Feed;
import ferry.connector.FileAnswers;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Limits;
import ferry.connector.Login;
import ferry.connector.NextStep;
import ferry.connector.Reading;
import ferry.connector.SignIn;
import ferry.connector.Window;
import ferry.connector.icloud.calendars.Calendars;
import ferry.connector.icloud.contacts.Contacts;
import ferry.connector.icloud.drive.Drive;
import ferry.connector.icloud.findmy.FindMy;
import ferry.connector.icloud.notes.Notes;
import ferry.connector.icloud.photos.Photos;
import ferry.connector.icloud.reminders.Reminders;
import ferry.connector.icloud.sharedalbums.SharedAlbums;
import ferry.connector.icloud.web.Differences;
import ferry.crypto.Secret;
import ferry.egress.Outbound;
import ferry.error.ErrorCode;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Apple's iCloud, read as its own web pages read it.
public final class ICloudConnector implements Connector {

    private final Outbound outbound;
    private final ICloudSettings settings;
    private final InstantSource clock;
    private final ServiceCalls.Pause pause;
    private final SignInFlow signIns;
    private final FileAnswers fileAnswers = new FileAnswers();

    public ICloudConnector(Outbound outbound, ICloudSettings settings, InstantSource clock) {
        this(outbound, settings, clock, Thread::sleep);
    }

    /// @param pause how it waits before it asks for something once more
    public ICloudConnector(Outbound outbound, ICloudSettings settings, InstantSource clock, ServiceCalls.Pause pause) {
        this.outbound = outbound;
        this.settings = settings;
        this.clock = clock;
        this.pause = pause;
        signIns = new SignInFlow(outbound, settings, clock, new SecureRandom());
    }

    @Override
    public String sourceType() {
        return "icloud.account";
    }

    @Override
    public Catalogue catalogue() {
        return new Catalogue(
                Set.of(Account.ACCOUNT, Account.DEVICES, Account.STORAGE, Account.FAMILY, Account.BACKUPS),
                dataTypes(),
                fileTypes(),
                Map.of("info.account", Account.ACCOUNT_INFO));
    }

    @Override
    public Optional<FileAnswers> fileAnswers() {
        return Optional.of(fileAnswers);
    }

    @Override
    public Login signIn(SignIn signIn, Limits limits) throws ConnectorException, InterruptedException {
        return signIns.signIn(signIn, limits);
    }

    @Override
    public Login proceed(String identifier, Secret open, NextStep step, Limits limits)
            throws ConnectorException, InterruptedException {
        return signIns.proceed(open, step, limits);
    }

    @Override
    public void signOut(Reading reading) throws ConnectorException, InterruptedException {
        calls(reading).signOut();
    }

    @Override
    public void info(Reading reading, String infoType, Feed feed) throws ConnectorException, InterruptedException {
        new Account(calls(reading)).read(infoType, feed);
    }

    @Override
    public void data(Reading reading, String dataType, Window window, Feed feed)
            throws ConnectorException, InterruptedException {
        switch (dataType) {
            case Account.ACCOUNT_INFO ->
                Differences.list(
                        window,
                        feed,
                        false,
                        entry -> entry,
                        (into, before) -> new Account(calls(reading)).accountInfo(window, into, before));
            case Photos.PHOTOS -> photos(reading).photos(window, feed);
            case Notes.NOTES -> notes(reading).notes(window, feed);
            case Reminders.REMINDERS -> reminders(reading).reminders(window, feed);
            case Photos.ALBUMS -> Differences.list(window, feed, true, entry -> entry, photos(reading)::albums);
            case Photos.ALBUM_MEMBERS ->
                Differences.list(
                        window,
                        feed,
                        true,
                        entry -> entry,
                        (into, before) -> photos(reading).albumMembers(window, into, before));
            case SharedAlbums.ALBUMS ->
                Differences.list(
                        window,
                        feed,
                        true,
                        entry -> entry,
                        into -> sharedAlbums(reading).read(window, into));
            case Contacts.CONTACTS ->
                Differences.list(
                        window,
                        feed,
                        false,
                        entry -> entry,
                        (into, before) -> contacts(reading).contacts(window, into, before));
            case FindMy.DEVICES ->
                Differences.list(
                        window,
                        feed,
                        true,
                        FindMy::essence,
                        (into, before) -> new FindMy(calls(reading), false).devices(window, into, before));
            case Calendars.EVENTS ->
                Differences.list(
                        window,
                        feed,
                        false,
                        entry -> entry,
                        (into, before) -> new Calendars(calls(reading), clock).events(window, into, before));
            case Drive.FILES ->
                Differences.list(
                        window,
                        feed,
                        true,
                        Drive::essence,
                        into -> drive(reading).read(window, into));
            default ->
                throw new ConnectorException.Refused(
                        ErrorCode.NOT_AVAILABLE, "iCloud has no data type " + dataType + ".");
        }
    }

    @Override
    public void files(Reading reading, List<FileRef> refs, Files files)
            throws ConnectorException, InterruptedException {
        var byRoom = new EnumMap<FileRoom, List<FileRef>>(FileRoom.class);
        refs.forEach(ref -> byRoom.computeIfAbsent(FileRoom.of(ref.fileType()), _ -> new ArrayList<>())
                .add(ref));
        ConnectorException.Unavailable wait = null;
        for (var room : byRoom.entrySet()) {
            var some = new RoomFiles(files);
            try {
                files(reading, room.getKey(), room.getValue(), some);
            } catch (ConnectorException.Refused e) {
                // One service that the account lacks must not keep back the files of another (R15).
                some.refuseRest(room.getValue(), e);
            } catch (ConnectorException.Unavailable e) {
                // Nor one that has to be waited for; the task comes back for what it still lacks.
                wait = wait == null || e.retryAfter().compareTo(wait.retryAfter()) < 0 ? e : wait;
            }
        }
        if (wait != null) {
            throw wait;
        }
    }

    private void files(Reading reading, FileRoom room, List<FileRef> refs, Files files)
            throws ConnectorException, InterruptedException {
        switch (room) {
            case DRIVE -> drive(reading).files(refs, files);
            case CONTACTS -> contacts(reading).files(refs, files);
            case NOTES -> notes(reading).files(refs, files);
            case REMINDERS -> reminders(reading).files(refs, files);
            case SHARED_ALBUMS -> sharedAlbums(reading).files(refs, files);
            case PHOTOS -> photos(reading).files(refs, files);
        }
    }

    /// Which reader a file belongs to, in the order in which they are asked; what none knows is refused by that of
    /// the photos.
    private enum FileRoom {
        DRIVE,
        CONTACTS,
        NOTES,
        REMINDERS,
        SHARED_ALBUMS,
        PHOTOS;

        static FileRoom of(String fileType) {
            return switch (fileType) {
                case Drive.FILE -> DRIVE;
                case Contacts.PHOTO -> CONTACTS;
                case Notes.ATTACHMENT -> NOTES;
                case Reminders.ATTACHMENT -> REMINDERS;
                default -> SharedAlbums.FILE_TYPES.contains(fileType) ? SHARED_ALBUMS : PHOTOS;
            };
        }
    }

    private SharedAlbums sharedAlbums(Reading reading) {
        return new SharedAlbums(calls(reading), reading.limits(), clock);
    }

    private Contacts contacts(Reading reading) {
        return new Contacts(calls(reading), reading.limits(), clock);
    }

    private Notes notes(Reading reading) {
        return new Notes(calls(reading), reading.limits(), clock);
    }

    private Reminders reminders(Reading reading) {
        return new Reminders(calls(reading), reading.limits(), clock);
    }

    private Drive drive(Reading reading) {
        return new Drive(calls(reading), reading.limits());
    }

    private Photos photos(Reading reading) {
        return new Photos(calls(reading), reading.limits(), clock);
    }

    private static Set<String> dataTypes() {
        var types = new HashSet<>(Photos.DATA_TYPES);
        types.add(Account.ACCOUNT_INFO);
        types.add(Contacts.CONTACTS);
        types.add(FindMy.DEVICES);
        types.add(Notes.NOTES);
        types.add(Reminders.REMINDERS);
        types.add(Calendars.EVENTS);
        types.add(Drive.FILES);
        types.add(SharedAlbums.ALBUMS);
        return types;
    }

    private static Set<String> fileTypes() {
        var types = new HashSet<>(Photos.FILE_TYPES);
        types.addAll(Set.of(Drive.FILE, Contacts.PHOTO, Notes.ATTACHMENT, Reminders.ATTACHMENT));
        types.addAll(SharedAlbums.FILE_TYPES);
        return types;
    }

    private ServiceCalls calls(Reading reading) {
        return new ServiceCalls(outbound, settings, clock, reading, pause, fileAnswers);
    }
}
