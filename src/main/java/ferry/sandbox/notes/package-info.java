/// The simulated Notes: folders and notes with real packed bodies, grown from a seed (`icloud-protocol` 2.9).
///
/// Start at [Notebooks], which everyone has one of; [NotebookSpec] says what grows in it, [NoteText] writes bodies.
@NullMarked
package ferry.sandbox.notes;

import org.jspecify.annotations.NullMarked;
