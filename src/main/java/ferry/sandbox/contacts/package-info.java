/// Everyone's contacts, and the web service that hands them out (`icloud-protocol` 2.3).
///
/// Start at [ContactsService]. An [AddressBook] grows from a [ContactsSpec]; [AddressBooks] keeps each account's,
/// [People] makes up who is in it, [OddCards] what is odd, [Portrait] photos.
@NullMarked
package ferry.sandbox.contacts;

import org.jspecify.annotations.NullMarked;
