package ferry.connector.icloud.web;

import ferry.connector.FileMeta;
import ferry.connector.FileRef;
import ferry.connector.Files;
import ferry.connector.Target;
import ferry.error.ErrorCode;

/// Takes the beginning of one file and throws it away, to see whether it comes. Used once, by one thread.
final class Sample implements Files {
    /// More than any page that a host may send in a file's place.
    private static final long ENOUGH = 64 * 1024;

    private boolean came;

    /// So much of the file is here that it need not be read to its end. Not a failure.
    static final class Enough extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Enough() {
            super("enough", null, false, false);
        }
    }

    /// Whether a file came, or as much of it as had to.
    boolean came() {
        return came;
    }

    @Override
    public boolean isPublished(FileRef ref) {
        return false;
    }

    @Override
    public Target open(FileRef ref, FileMeta meta) {
        return new Beginning();
    }

    @Override
    public void refused(FileRef ref, ErrorCode why, String detail) {
        // It has been published; what becomes of it now is nobody's affair.
    }

    private final class Beginning implements Target {
        private long written;

        @Override
        public void write(byte[] bytes, int offset, int length) {
            written += length;
            if (written >= ENOUGH) {
                came = true;
                throw new Enough();
            }
        }

        @Override
        public long written() {
            return written;
        }

        @Override
        public void restart() {
            written = 0;
        }

        @Override
        public void commit(Integrity integrity) {
            came = written > 0;
        }

        @Override
        public void close() {
            // Nothing is held.
        }
    }
}
