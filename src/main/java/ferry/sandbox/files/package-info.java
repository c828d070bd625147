/// Files that hang on records: of notes, reminders and contacts. Knows none of them.
///
/// Start at [StoredFile] for what a file is and what may be wrong with it, at [Shelf] for those of an account, at
/// [ShelfHost] for who hands them out.
@NullMarked
package ferry.sandbox.files;

import org.jspecify.annotations.NullMarked;
