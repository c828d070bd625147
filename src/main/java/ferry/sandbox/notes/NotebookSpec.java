package ferry.sandbox.notes;

import ferry.sandbox.Account;
import ferry.sandbox.LibraryQuirk;

/// Describes a notebook; the same description always grows into the same one.
///
/// @param seed where its randomness starts
/// @param notes how many it holds
/// @param brokenRecords whether the store fails to read some of them
/// @param emptyPages whether long stretches of its history hold nothing
/// @param oddFiles whether something is wrong with what is attached
record NotebookSpec(long seed, int notes, boolean brokenRecords, boolean emptyPages, boolean oddFiles) {
    /// As large as the account's library is: few notes, or some pages of them.
    static NotebookSpec of(Account account) {
        var library = account.library();
        return new NotebookSpec(
                library.seed(),
                library.photos() > 10_000 ? 1_000 : library.photos(),
                library.quirks().contains(LibraryQuirk.RECORD_ERRORS),
                library.quirks().contains(LibraryQuirk.EMPTY_PAGES),
                account.identifier().startsWith("note-attachments@"));
    }
}
