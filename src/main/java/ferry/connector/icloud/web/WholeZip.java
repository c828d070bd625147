package ferry.connector.icloud.web;

import ferry.connector.Target;
import java.util.Arrays;

/// A zip is whole when it begins as one and ends with the end of its directory, which nothing follows but the comment
/// that it announces. Holds the last few kilobytes, not the file.
public final class WholeZip implements Proof {
    private static final int END_LENGTH = 22;
    private static final int TAIL = 4096;
    private static final byte[] END = {'P', 'K', 5, 6};

    private final byte[] head = new byte[2];
    private final byte[] tail = new byte[2 * TAIL];
    private int held;
    private long taken;

    @Override
    public void restart() {
        held = 0;
        taken = 0;
    }

    @Override
    public void update(byte[] bytes, int offset, int length) {
        for (int i = 0; i < length && taken + i < head.length; i++) {
            head[(int) taken + i] = bytes[offset + i];
        }
        taken += length;
        int last = Math.min(length, TAIL);
        if (last == TAIL) {
            held = 0;
        } else if (held + last > tail.length) {
            System.arraycopy(tail, held - TAIL, tail, 0, TAIL);
            held = TAIL;
        }
        System.arraycopy(bytes, offset + length - last, tail, held, last);
        held += last;
    }

    @Override
    public boolean matches() {
        if (taken < END_LENGTH || head[0] != 'P' || head[1] != 'K') {
            return false;
        }
        for (int at = held - END_LENGTH; at >= 0; at--) {
            if (Arrays.equals(tail, at, at + END.length, END, 0, END.length) && comment(at) == held - at - END_LENGTH) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Target.Integrity integrity() {
        return Target.Integrity.FORM_ONLY;
    }

    private int comment(int end) {
        return (tail[end + 20] & 0xff) | ((tail[end + 21] & 0xff) << 8);
    }
}
