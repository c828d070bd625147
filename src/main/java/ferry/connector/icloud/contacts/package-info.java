/// iCloud Contacts: the address book, its groups and the owner's own card (`icloud-protocol` 2.3).
///
/// Start at [Contacts]. [AddressBookReading] walks the pages, [ContactEntry] makes contacts and groups feed entries,
/// [ContactPhoto] fetches a photo, [Label] and [CalendarDay] read what Apple writes in its own way.
@NullMarked
package ferry.connector.icloud.contacts;

import org.jspecify.annotations.NullMarked;
