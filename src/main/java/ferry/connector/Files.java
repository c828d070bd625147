package ferry.connector;

import ferry.error.ErrorCode;

/// Takes the files of one task. Thread-safe: several files may be under way at once.
public interface Files {
    /// Whether this poll already has the file; then its bytes need not be fetched again.
    boolean isPublished(FileRef ref);

    /// Opens the target of one file. May be called again for a file after a failure.
    Target open(FileRef ref, FileMeta meta) throws InterruptedException;

    /// The file can't be had. Listed in the poll's `errors`; the rest goes on.
    ///
    /// @param detail a sentence for the client, without personal data and without URLs
    void refused(FileRef ref, ErrorCode why, String detail);
}
