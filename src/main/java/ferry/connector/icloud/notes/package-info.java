/// iCloud Notes: folders and notes, with their text and its structure (`icloud-protocol` 2.5 and 2.9).
///
/// Start at [Notes]. [NoteEntry] makes a record a feed entry, [NoteBody] takes a body apart, [Markdown] and [Html]
/// write it down, [Line] by line, with the tables ([NoteTable]) that lie in it.
@NullMarked
package ferry.connector.icloud.notes;

import org.jspecify.annotations.NullMarked;
