package ferry.poll;

import java.util.Set;

/// Types that the contract or the design names, whether or not a connector of this build reads them. A poll
/// that asks a source for one it lacks completes with an error, where an unknown word is refused: ricloud-py's
/// default poll asks an iCloud account for `ios_messages.messages` (design 4).
final class KnownTypes {
    static final Set<String> DATA = Set.of(
            "icloud_contacts.contacts",
            "icloud_calendars.events",
            "icloud_reminders.reminders",
            "icloud_notes.notes",
            "icloud_drive.files",
            "icloud_find_my.devices",
            "ios_messages.messages",
            "ios_messages.conversations",
            "ios_calls.calls",
            "ios_contacts.contacts",
            "ios_calendar.events",
            "ios_notes.notes",
            "ios_reminders.reminders",
            "ios_safari.history",
            "ios_safari.bookmarks",
            "ios_voicemail.voicemails",
            "ios_voice_memos.recordings",
            "ios_photos.photos",
            "ios_photos.albums",
            "ios_device.info",
            "ios_apps.installed",
            "whatsapp.messages",
            "whatsapp.calls",
            "viber.messages",
            "kik.messages",
            "line.messages");

    static final Set<String> FILES = Set.of("icloud_drive.file", "icloud_notes.attachment");

    private KnownTypes() {}
}
